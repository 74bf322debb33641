/** A pass looks at a conversation that goes on (live), or at one that is over (batch). */
export type JobKind = 'live' | 'batch';

/** In the order in which they are served. */
export const JOB_KINDS = ['live', 'batch'] as const satisfies readonly JobKind[];
