import type { LiveStatus } from '../engine/index.ts';
import type { Clock } from '../kernel/index.ts';
import type { ServiceState } from '../service/index.ts';

export type ExamineOptions = {
  store: string;
  /** The source as it was named; null for this Mac's own, else the one that the store was read from last. */
  source: string | null;
  /** The address book as it was named; 'none'; or null for this Mac's own. */
  addressBook: string | null;
  machine: {
    platform: NodeJS.Platform;
    home: string;
    env: Readonly<Record<string, string | undefined>>;
    /** The Node that runs us. */
    node: string;
  };
  clock: Clock;
  /** What the process says that owns the store; null when there is none, or it does not answer. */
  live: LiveStatus | null;
  /** How the service is doing; null where there can be none, undefined where that was not asked. */
  service?: ServiceState | null | undefined;
  /**
   * Whether every page and every reference of the store is looked at, which takes about a second for each million
   * messages, in statements that cannot be interrupted. Whoever has to answer others meanwhile says no, or asks from a
   * thread of its own.
   */
  thorough: boolean;
};
