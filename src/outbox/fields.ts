import type { EventData, EventType } from '../model/index.ts';

/**
 * The fields of every event, and what their values may be. The types say the same to whoever writes code; this table
 * says it to the code that runs, because a type lets an object pass that has more fields than it names. Only what
 * stands here is stored, so that private text cannot slip into an event.
 */
const FORMS = {
  id: isNumber,
  count: isNumber,
  flag: (value: unknown) => typeof value === 'boolean',
  guid: isString,
  guids: (value: unknown) => Array.isArray(value) && value.every(isString),
  name: isName,
  names: (value: unknown) => Array.isArray(value) && value.every(isName),
  time: (value: unknown) => isString(value) && /^[+-]?\d{4,6}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value),
} as const;

type Form = keyof typeof FORMS;

type FormFor<V> = [V] extends [readonly string[]]
  ? 'guids' | 'names'
  : [V] extends [boolean]
    ? 'flag'
    : [V] extends [number | null]
      ? 'id' | 'count'
      : 'guid' | 'name' | 'time';

type EventFields = {
  readonly [T in EventType]: { readonly [F in keyof EventData[T]]-?: FormFor<NonNullable<EventData[T][F]>> };
};

const MESSAGES_CHANGED = { guids: 'guids', changed: 'names' } as const;
const REACTION = { guid: 'guid', target: 'guid', part: 'count', kind: 'name' } as const;
const CONVERSATION = {
  conversationId: 'id',
  messageCount: 'count',
  startedAt: 'time',
  endedAt: 'time',
  revision: 'count',
} as const;
const ANALYSIS = {
  conversationId: 'id',
  pass: 'name',
  kind: 'name',
  version: 'count',
  run: 'id',
  plan: 'id',
  code: 'name',
} as const;

export const EVENT_FIELDS: EventFields = {
  messages_synced: { guids: 'guids', historical: 'count' },
  message_updated: MESSAGES_CHANGED,
  message_deleted: { guids: 'guids', removed: 'flag' },
  reaction_added: REACTION,
  reaction_removed: REACTION,
  attachment_updated: MESSAGES_CHANGED,
  chat_created: { chatId: 'id' },
  chat_updated: { chatId: 'id', changed: 'names' },
  contact_created: { contactId: 'id' },
  contact_updated: { contactId: 'id', changed: 'names' },
  contact_merged: { from: 'id', into: 'id' },
  conversation_started: CONVERSATION,
  conversation_extended: CONVERSATION,
  conversation_amended: CONVERSATION,
  conversation_removed: CONVERSATION,
  conversation_sealed: CONVERSATION,
  conversation_ready_for_analysis: CONVERSATION,
  analysis_queued: ANALYSIS,
  analysis_started: ANALYSIS,
  analysis_completed: ANALYSIS,
  analysis_failed: ANALYSIS,
  analysis_progress: { plan: 'id', done: 'count', failed: 'count', total: 'count' },
  import_started: { sourceId: 'id', bulk: 'flag' },
  import_progress: { stage: 'name', done: 'count', total: 'count' },
  import_completed: {
    sourceId: 'id',
    bulk: 'flag',
    rows: 'count',
    inserted: 'count',
    updated: 'count',
    conversations: 'count',
    reactions: 'count',
    attachments: 'count',
  },
  import_failed: { code: 'name' },
  source_restarted: { sourceId: 'id', reason: 'name' },
  row_quarantined: { quarantineId: 'id', sourceId: 'id', rowid: 'id', reason: 'name' },
};

/** `data` as JSON, with the fields of its type and no others. Throws on a value that is not what its field may hold. */
export function storedData(type: EventType, data: Readonly<Record<string, unknown>>): string {
  const stored: Record<string, unknown> = {};
  for (const [field, form] of Object.entries<Form>(EVENT_FIELDS[type])) {
    const value = data[field];
    if (value === undefined) continue;
    // The value stays out of the error: it may be the very text that must not be told.
    if (value !== null && !FORMS[form](value)) throw new Error(`invariant broken: ${type}.${field} is no ${form}`);
    stored[field] = value;
  }
  return JSON.stringify(stored);
}

function isNumber(value: unknown): boolean {
  return Number.isFinite(value);
}

function isString(value: unknown): value is string {
  return typeof value === 'string';
}

/** A name is one that we give: of a field, a stage, a reason. Sentences, addresses and people's names are not. */
function isName(value: unknown): boolean {
  return isString(value) && /^[A-Za-z][A-Za-z0-9_.:-]{0,63}$/.test(value);
}
