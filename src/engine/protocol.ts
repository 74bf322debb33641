import type { Letters, PassInfo, PassSettings, PlanForecast } from '../analysis/index.ts';
import type { RedisFigures } from '../model/index.ts';
import type {
  ContactSyncResult,
  FollowArgs,
  FollowStatus,
  ImportOptions,
  ImportProgress,
  ImportSummary,
  MergeResult,
  RemovedSource,
} from '../pipeline/index.ts';
import type { PortableError } from './portable-error.ts';

/** What can cross to another thread of an import's options; the engine has a clock of its own, and one store. */
export type ImportArgs = Omit<ImportOptions, 'store' | 'clock' | 'onProgress' | 'signal'>;

/** Rows of quarantine: by their ids, or all there are. */
export type QuarantineArgs = { ids: readonly number[] | 'all' };

/** How the engine is doing: what it follows, and how many tasks wait for their turn, by lane. */
export type LiveStatus = {
  following: FollowStatus | null;
  waiting: Record<string, number>;
  /** What the doors add for another process: how relaying goes, null where nothing is relayed. The engine knows nothing of it. */
  redis?: RedisFigures | null;
};

export type AnalysisArgs = {
  passes: PassSettings;
  /** What the user has just said about a server that is another machine, to be kept. */
  consent: { origin: string; isGiven: boolean } | null;
  /** Where jobs are kept; null: in the store. It may hold a password. */
  redisUrl: string | null;
  /** Whether jobs are run here as well, where they are kept on Redis. */
  takesJobs: boolean;
  /** Nothing is begun before this, in Unix milliseconds. */
  pausedUntilMs: number | null;
  /** How long live passes wait, and at most; null: as usual. In milliseconds. */
  liveAfterMs: number | null;
  liveMostMs: number | null;
};

export type AnalysisState = { isOn: boolean; passes: PassInfo[]; pausedUntil: string | null };

/** What was said before is to be analysed: by all passes or some, of a chat or of those with the most messages, or all. */
export type PlanArgs = {
  what: 'run' | 'backfill';
  passes: readonly string[] | null;
  chat: string | null;
  top: number | null;
  isDry: boolean;
};

type Nothing = Record<string, never>;

/** What the engine can be asked for. Arguments and results are what structured cloning carries: no functions. */
export type Calls = {
  import: { args: ImportArgs; result: ImportSummary };
  seal: { args: { chat: string }; result: { sealed: number } };
  quarantineRetry: { args: QuarantineArgs; result: { retried: number; resolved: number } };
  quarantineDiscard: { args: QuarantineArgs; result: { discarded: number } };
  /** Whoever follows a source already looks at the address book that they follow, and at none that is named. */
  contactsSync: { args: { addressBook: string | null }; result: ContactSyncResult };
  contactsMerge: { args: { first: string; second: string }; result: MergeResult };
  contactsUndo: { args: { merge: number }; result: MergeResult };
  /** Refused while this very source is followed. */
  sourceRemove: { args: { source: number }; result: RemovedSource };
  /** Begins to analyse conversations, beside whatever else is done. */
  analyse: { args: AnalysisArgs; result: AnalysisState };
  analysisState: { args: Nothing; result: AnalysisState };
  /** `plan` is null for a dry run. */
  analysisPlan: { args: PlanArgs; result: { plan: number | null; forecast: PlanForecast } };
  /** Keeps what the user says about a server that is another machine. */
  analysisConsent: { args: { origin: string; isGiven: boolean }; result: { isGiven: boolean } };
  analysisCancel: { args: Nothing; result: { cancelled: number } };
  jobsRetry: { args: { ids: Letters }; result: { retried: number; replaced: number } };
  jobsDiscard: { args: { ids: Letters }; result: { discarded: number } };
  /** Begins to follow; answered when it has begun, or, where that was asked for, when it has caught up. */
  follow: { args: FollowArgs; result: FollowStatus };
  liveStatus: { args: Nothing; result: LiveStatus };
  /** Makes a reader of the events known, from the oldest that is kept on, and answers which store this is. */
  consumerBegin: { args: { consumer: string }; result: { storeId: string; position: number } };
  /** A reader has dealt with everything up to this position. */
  consumerAcknowledge: { args: { consumer: string; position: number }; result: null };
  /** Ends everything, then the thread. Whoever wants that calls Engine.stop(), which has a bound. */
  stop: { args: Nothing; result: null };
};
export type CallName = keyof Calls;

/** The calls that another process may ask the owner of a store for. */
export type HandedCall =
  | 'import'
  | 'seal'
  | 'quarantineRetry'
  | 'quarantineDiscard'
  | 'contactsSync'
  | 'contactsMerge'
  | 'contactsUndo'
  | 'sourceRemove'
  | 'analysisState'
  | 'analysisPlan'
  | 'analysisConsent'
  | 'analysisCancel'
  | 'jobsRetry'
  | 'jobsDiscard'
  | 'liveStatus';

export type CallOptions = { signal?: AbortSignal; onProgress?: (progress: ImportProgress) => void };

/** Does what another process asked for: as a rule Engine.call. */
export type Dispatch = <N extends HandedCall>(
  name: N,
  args: Calls[N]['args'],
  options: CallOptions,
) => Promise<Calls[N]['result']>;

/** What the engine says without being asked. A notice may come late or repeat another: the store is the truth. */
export type Notices = {
  progress: { call: number; progress: ImportProgress };
  /** The position of the outbox, that is the id of the last event, after a commit. */
  committed: { position: number };
  state: { state: string };
  problem: { code: string; text: string };
};
export type NoticeName = keyof Notices;

type MessageOf<Payloads, Type extends string> = {
  [Name in keyof Payloads]: { type: Type; name: Name; payload: Payloads[Name] };
}[keyof Payloads];

export type ToEngine =
  | { type: 'open'; store: string }
  | { type: 'call'; call: number; name: CallName; args: unknown }
  | { type: 'cancel'; call: number };

export type FromEngine =
  | { type: 'result'; call: number; result: unknown }
  | { type: 'error'; call: number; error: PortableError }
  | MessageOf<Notices, 'notice'>;
