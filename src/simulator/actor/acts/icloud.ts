import type { Value } from '../../../sqlite/index.ts';
import { deleteForGood } from '../../actions.ts';
import type { Address } from '../../history/model.ts';
import { type Act, type Steps, step } from '../act.ts';
import type { Args } from '../args.ts';
import type { ActorMessage } from '../memory.ts';
import type { World } from '../world.ts';

const DAY_MS = 86_400_000;

/**
 * iCloud brings old messages: new rows with old dates, the newest first. `count`, `beforeMs` (the date of the newest),
 * `together`: in one transaction.
 */
function* backfill(world: World, args: Args): Steps {
  const { random } = world;
  const count = args.number('count') ?? random.between(3, 15);
  const startMs = args.number('beforeMs') ?? world.now() - Math.floor(random.between(1, 900) * DAY_MS * random.unit());
  const chat = args.chat(world, ({ isSelf }) => !isSelf);
  if (chat === undefined) return;
  let atMs = startMs;
  const writeOne = () => {
    const message = world.write(chat, {
      ...{ from: args.from(world, chat), atMs, text: args.text('text') ?? world.words() },
      fields: { is_read: 1, ck_sync_state: 1, is_sent: 1 },
    });
    atMs -= random.between(1_000, random.chance(0.2) ? DAY_MS : 120_000);
    return message;
  };
  if (args.flag('together') ?? random.chance(0.4)) {
    const messages = world.commit(() => Array.from({ length: count }, writeOne));
    yield step('rows', messages.at(-1) ?? null);
    return;
  }
  for (let i = 0; i < count; i += 1) {
    if (!world.memory.chats.includes(chat)) return;
    yield step('row and join', world.commit(writeOne), random.between(5, 100));
  }
}

/** What a message's row holds, to be written once more; all but what depends on the numbers of other rows. */
type Held = { names: string[]; values: Value[]; sender: (Address & { service: string }) | null; attachments: number[] };

type SenderRow = { id: string; service: string; country: string | null; uncanonical: string | null };

/** Integers come as text and are cast back: a date is larger than a number of JavaScript can tell exactly. */
function hold(world: World, message: ActorMessage): Held | undefined {
  const { db } = world.pen.database;
  const names = db
    .all<{ name: string }>('SELECT name FROM pragma_table_info(?)', 'message')
    .map(({ name }) => name)
    .filter((name) => !['ROWID', 'guid', 'handle_id'].includes(name));
  const exact = (name: string) => `CASE typeof(${name}) WHEN 'integer' THEN CAST(${name} AS TEXT) ELSE ${name} END`;
  const columns = names.flatMap((name) => [`typeof(${name}) AS t_${name}`, `${exact(name)} AS v_${name}`]);
  const row = db.get<Record<string, Value>>(`SELECT ${columns.join(', ')} FROM message WHERE ROWID = ?`, message.rowId);
  if (row === undefined) return undefined;
  const values = names.map((name): Value => {
    const value = row[`v_${name}`] ?? null;
    return row[`t_${name}`] === 'integer' ? BigInt(String(value)) : value;
  });
  const sender = db.get<SenderRow>(
    `SELECT h.id AS id, h.service AS service, h.country AS country, h.uncanonicalized_id AS uncanonical
     FROM message m JOIN handle h ON h.ROWID = m.handle_id WHERE m.ROWID = ?`,
    message.rowId,
  );
  const attachments = db
    .all<{ id: number }>(
      'SELECT attachment_id AS id FROM message_attachment_join WHERE message_id = ? ORDER BY attachment_id',
      message.rowId,
    )
    .map(({ id }) => id);
  return { names, values, sender: sender === undefined ? null : { ...sender, normal: sender.id }, attachments };
}

/** Writes what is held as a new row; within a commit. */
function land(world: World, message: ActorMessage, held: Held): { rowId: number; guid: string } {
  const { database, handles } = world.pen;
  const guid = world.random.uuid();
  const { sender, names, values } = held;
  // The handle may have gone with the old row, or have another number by now.
  const handle = sender === null ? 0 : handles.of(sender, sender.service);
  const sql = `INSERT INTO message (guid, handle_id, ${names.join(', ')}) VALUES (?, ?${', ?'.repeat(names.length)})`;
  const rowId = database.db.run(sql, guid, handle, ...values).lastId;
  database.joinDated(message.chat.rowId, rowId, 0);
  for (const attachment of held.attachments) {
    const isThere = database.db.value('SELECT 1 FROM attachment WHERE ROWID = ?', attachment);
    if (isThere !== null) database.joinAttachment(rowId, attachment);
  }
  return { rowId, guid };
}

const canLand = ({ standing, parts, isPlain }: ActorMessage) => standing === 'live' && isPlain && parts === null;

/** A message vanishes, and the same comes again under a new guid and ROWID. */
function* reland(world: World, args: Args): Steps {
  const message = args.message(world, canLand);
  const held = message === undefined ? undefined : hold(world, message);
  if (message === undefined || held === undefined || held.attachments.length > 0) return;
  const vanished = { rowId: message.rowId, guid: message.guid };
  world.commit((pen) => deleteForGood(pen, message));
  // Nobody can act on it until it is there again.
  world.memory.forget(message);
  const wait = world.random.between(0, 5_000);
  yield step('vanished', vanished, wait);
  if (!world.memory.chats.includes(message.chat)) return;
  const twin = world.commit(() => land(world, message, held));
  world.memory.remember({ ...message, ...twin, standing: 'live', attachments: [] });
  yield step('landed', twin);
}

/** The other order: for a while there are two rows, then the old one vanishes. */
function* relandFirst(world: World, args: Args): Steps {
  const message = args.message(world, canLand);
  const held = message === undefined ? undefined : hold(world, message);
  if (message === undefined || held === undefined) return;
  const before = JSON.stringify(message.versions);
  const twin = world.commit(() => land(world, message, held));
  yield step('landed', twin, world.random.between(0, 5_000));
  // Whatever became of the old row in between did not reach the twin, so that both of them stay.
  if (!canLand(message) || JSON.stringify(message.versions) !== before) return;
  const now = world.pen.database.db.value<number>('SELECT ROWID FROM message WHERE guid = ?', twin.guid);
  if (now === null) return;
  const vanished = { rowId: message.rowId, guid: message.guid };
  world.commit((pen) => deleteForGood(pen, vanished));
  world.memory.rename(message, twin.guid, now);
  yield step('vanished', vanished);
}

/** What iCloud does. */
export const ICLOUD_ACTS: readonly Act[] = [
  { name: 'backfill', weight: 1, play: backfill },
  { name: 'reland', weight: 1, play: reland },
  { name: 'relandFirst', weight: 1, play: relandFirst },
];
