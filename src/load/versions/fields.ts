import type { Value } from '../../sqlite/index.ts';

export type SharedTable = 'messages' | 'reactions' | 'poll_votes' | 'attachments';

/** What one source says of a row, field by field; a field is a column, or a list beside the row as JSON. */
export type Version = Readonly<Record<string, Value>>;

/**
 * How what several sources say of one row becomes what the store says. Each rule is the join of a semilattice: the
 * same versions give the same row in whatever order, and however often, they were read. A rule covers one field, or
 * several that only make sense together.
 */
type Rule = { fields: readonly string[]; isGreater(a: Version, b: Version): boolean };

/** By the first pair that differs; null is below everything. */
function isAbove(a: readonly Value[], b: readonly Value[]): boolean {
  for (const [at, left] of a.entries()) {
    const right = b[at] ?? null;
    if (left === right) continue;
    if (left === null) return false;
    if (right === null) return true;
    return left > right;
  }
  return false;
}

/** The greatest by a key of some of the row's fields. */
function greatest(fields: readonly string[], key: (version: Version) => readonly Value[]): Rule {
  return { fields, isGreater: (a, b) => isAbove(key(a), key(b)) };
}

const at = (version: Version, field: string): Value => version[field] ?? null;
const most = (field: string): Rule => greatest([field], (version) => [at(version, field)]);
const longest = (field: string): Rule =>
  greatest([field], (version) => [lengthOf(at(version, field)), at(version, field)]);
/** Known before unknown, then the smallest. */
const least = (field: string): Rule =>
  greatest([field], (version) => {
    const value = at(version, field);
    return value === null ? [0, 0] : [1, -Number(value)];
  });
/** Something is gone only when it is gone from everywhere; the last time counts. */
const goneEverywhere = (field: string): Rule =>
  greatest([field], (version) => {
    const value = at(version, field);
    return value === null ? [1, 0] : [0, Number(value)];
  });

function lengthOf(value: Value): number | null {
  return typeof value === 'string' ? value.length : null;
}

/** Fields that hold a number of this store: compared by what it stands for, which all stores have in common. */
const BY_NAME = new Set(['chat_id', 'handle_id']);
export const nameOf = (field: string): string => `${field}:name`;
const named = (field: string): Rule => greatest([field], (version) => [at(version, nameOf(field))]);

const ATTACHMENT_STATES: Readonly<Record<string, number>> = { present: 2, pending: 1 };

/** Said of someone: who spoke. The contact follows from these, and is no field of a version. */
const sender: readonly Rule[] = [named('handle_id'), most('is_from_me')];

const RULES: Readonly<Record<SharedTable, readonly Rule[]>> = {
  messages: [
    ...sender,
    named('chat_id'),
    // Beside an attachment that another source lacks, a text is but its caption.
    greatest(['kind'], (version) => [at(version, 'kind') === 'text' ? 0 : 1, at(version, 'kind')]),
    // The later edit, then the fuller text; what was unsent in one source is kept where another still has it.
    greatest(['text', 'ranges', 'edited_at', 'edits'], (version) => {
      const text = at(version, 'text');
      return [
        text === null ? 0 : 1,
        at(version, 'edited_at'),
        lengthOf(text),
        text,
        at(version, 'edits'),
        at(version, 'ranges'),
      ];
    }),
    ...['sent_at', 'delivered_at', 'read_at', 'played_at', 'unsent_at', 'is_scheduled'].map(least),
    ...['service', 'reply_to', 'reply_part', 'effect', 'app', 'subject'].map(most),
    ...['preview', 'event', 'unsent_parts'].map(longest),
    goneEverywhere('deleted_at'),
  ],
  reactions: [
    ...sender,
    ...['target_guid', 'part', 'kind', 'emoji', 'is_removal'].map(most),
    least('reacted_at'),
    goneEverywhere('vanished_at'),
  ],
  poll_votes: [...sender, most('target_guid'), most('voted_at'), longest('choices')],
  attachments: [
    greatest(['state', 'path'], (version) => [
      ATTACHMENT_STATES[String(at(version, 'state'))] ?? 0,
      at(version, 'path'),
    ]),
    ...['message_guid', 'mime_type', 'uti', 'bytes', 'is_sticker'].map(most),
    longest('name'),
    ...['is_hidden', 'created_at'].map(least),
  ],
};

/** The fields of a version, by table; `edits` is the list of an edited message's versions. */
export function fieldsOf(table: SharedTable): readonly string[] {
  return RULES[table].flatMap((rule) => rule.fields);
}

/** As what a further source's sighting of a row is entered. */
export function sightedAs(table: SharedTable): 'row' | 'attachment' {
  return table === 'attachments' ? 'attachment' : 'row';
}

export function isNamed(field: string): boolean {
  return BY_NAME.has(field);
}

/** What the store says of a row of which these are the versions; there is at least one. */
export function joinVersions(table: SharedTable, versions: readonly Version[]): Version {
  const joined: Record<string, Value> = {};
  for (const { fields, isGreater } of RULES[table]) {
    let best = versions[0] ?? {};
    for (const version of versions) if (isGreater(version, best)) best = version;
    for (const field of fields) {
      joined[field] = at(best, field);
      if (isNamed(field)) joined[nameOf(field)] = at(best, nameOf(field));
    }
  }
  // Parts of what was unsent as a whole are not told any more.
  if ('unsent_at' in joined && joined.unsent_at !== null) joined.unsent_parts = null;
  return joined;
}
