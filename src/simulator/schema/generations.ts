/**
 * The generations of Messages' database, and what separates one from the next. `level` orders them: a table, column,
 * index or trigger exists from the level that introduced it on. Devices of one level differ in small ways (`omit`,
 * `legacySync`, and the exceptions of `exceptions.ts`).
 */
export const GENERATIONS = [
  'macos-10.11',
  'macos-10.15',
  'macos-11',
  'macos-12',
  'macos-13',
  'macos-14',
  'macos-15.0',
  'macos-15',
  'macos-15-migrated',
  'macos-26',
  'macos-27',
  'ios-12',
  'ios-14',
  'ios-17',
] as const;

export type Generation = (typeof GENERATIONS)[number];

/** Unit of a date column: seconds or nanoseconds since 2001-01-01 UTC. */
export type DateUnit = 's' | 'ns';

export type GenerationFacts = {
  level: number;
  system: 'macos' | 'ios';
  /** `_ClientVersion` in `_SqliteDatabaseProperties`. */
  clientVersion: number;
  dateUnit: DateUnit;
  /** iOS 12 kept date_read in seconds beside a date in nanoseconds. */
  readUnit: DateUnit;
  /** The `sr_*` columns of 10.15 to 11 and iOS 12 to 14, kept by databases that were migrated from there. */
  legacySync: boolean;
  /** From 26 on, one chat row serves every service and its guid begins with `any;`. */
  anyService: boolean;
  /** Share of messages whose text is only in attributedBody, 0 to 1. */
  bodyOnlyShare: number;
  /** Columns (`table.column`) that this member of its level lacks. */
  omit: readonly string[];
};

const base = {
  system: 'macos',
  dateUnit: 'ns',
  readUnit: 'ns',
  legacySync: false,
  anyService: false,
  omit: [],
} as const;

export const FACTS: Record<Generation, GenerationFacts> = {
  'macos-10.11': { ...base, level: 0, clientVersion: 10011, dateUnit: 's', readUnit: 's', bodyOnlyShare: 0 },
  'ios-12': {
    ...base,
    system: 'ios',
    level: 1,
    clientVersion: 12005,
    readUnit: 's',
    legacySync: true,
    bodyOnlyShare: 0,
  },
  'macos-10.15': {
    ...base,
    level: 1,
    clientVersion: 13010,
    legacySync: true,
    bodyOnlyShare: 0,
    omit: ['message.is_corrupt', 'chat.last_addressed_sim_id'],
  },
  'ios-14': { ...base, system: 'ios', level: 2, clientVersion: 14006, legacySync: true, bodyOnlyShare: 0.02 },
  'macos-11': { ...base, level: 2, clientVersion: 14006, legacySync: true, bodyOnlyShare: 0.02 },
  'macos-12': { ...base, level: 3, clientVersion: 15006, bodyOnlyShare: 0.05 },
  'macos-13': { ...base, level: 4, clientVersion: 16010, bodyOnlyShare: 0.25 },
  'macos-14': { ...base, level: 5, clientVersion: 17010, bodyOnlyShare: 0.4 },
  'ios-17': {
    ...base,
    system: 'ios',
    level: 5,
    clientVersion: 17010,
    legacySync: true,
    bodyOnlyShare: 0.4,
    omit: [
      'message.is_sos',
      'message.is_critical',
      'message.bia_reference_id',
      'message.fallback_hash',
      'chat.is_recovered',
      'chat.is_deleting_incoming_messages',
      'chat.sr_server_change_token',
      'chat.sr_ck_sync_state',
      'chat.sr_cloudkit_record_id',
      'attachment.sr_ck_sync_state',
      'attachment.sr_ck_server_change_token_blob',
      'attachment.sr_ck_record_id',
    ],
  },
  'macos-15.0': { ...base, level: 6, clientVersion: 18000, bodyOnlyShare: 0.55 },
  'macos-15': { ...base, level: 7, clientVersion: 18020, bodyOnlyShare: 0.6 },
  'macos-15-migrated': { ...base, level: 7, clientVersion: 18020, legacySync: true, bodyOnlyShare: 0.6 },
  'macos-26': { ...base, level: 8, clientVersion: 19000, anyService: true, bodyOnlyShare: 0.9 },
  'macos-27': { ...base, level: 9, clientVersion: 20000, anyService: true, bodyOnlyShare: 1 },
};
