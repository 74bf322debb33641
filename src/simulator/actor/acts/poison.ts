import { type Act, type Steps, step } from '../act.ts';
import type { Args } from '../args.ts';
import type { World } from '../world.ts';

/** What is written over a message's row, as SQL; `?` stands for bytes of noise. */
type Poison = { name: string; sql: string; needs?: string };

const POISONS: readonly Poison[] = [
  { name: 'no date', sql: 'date = NULL' },
  { name: 'date 0', sql: 'date = 0' },
  { name: 'date in words', sql: "date = 'yesterday'" },
  { name: 'date with a fraction', sql: 'date = date + 0.5' },
  { name: 'date at the end of time', sql: 'date = 9223372036854775807' },
  { name: 'date before 1970', sql: 'date = -9223372036854775807' },
  { name: 'text of bytes', sql: "text = x'00ff00', attributedBody = NULL" },
  { name: 'text with a NUL', sql: "text = 'a' || char(0) || 'b', attributedBody = NULL" },
  { name: 'nothing said', sql: 'text = NULL, attributedBody = NULL' },
  { name: 'body in words', sql: "text = NULL, attributedBody = 'not a body'" },
  { name: 'body of noise', sql: 'text = NULL, attributedBody = ?' },
  {
    name: 'payload of noise',
    sql: "payload_data = ?, balloon_bundle_id = 'com.example.none'",
    needs: 'message.payload_data',
  },
  { name: 'summary of noise', sql: 'message_summary_info = ?, date_edited = date', needs: 'message.date_edited' },
  { name: 'unknown item', sql: 'item_type = 99' },
  { name: 'item in words', sql: "item_type = 'seven'" },
  { name: 'unknown association', sql: 'associated_message_type = 9999', needs: 'message.associated_message_type' },
  {
    name: 'reaction to nothing',
    sql: 'associated_message_type = 2000, associated_message_guid = NULL',
    needs: 'message.associated_message_type',
  },
  {
    name: 'reaction to nonsense',
    sql: "associated_message_type = 2001, associated_message_guid = 'p:x/?'",
    needs: 'message.associated_message_type',
  },
  { name: 'handle of nobody', sql: 'handle_id = 99999999, is_from_me = 0' },
  { name: 'handle -1', sql: 'handle_id = -1, other_handle = -1' },
  { name: 'sender in words', sql: "is_from_me = 'me'" },
];

/** A row that is odd in one way (`kind`): a reader must neither stop at it nor lose it. */
function* poison(world: World, args: Args): Steps {
  const kind = args.text('kind');
  const possible = POISONS.filter(({ needs }) => needs === undefined || world.has(needs));
  const chosen = kind === undefined ? world.random.pick(possible) : possible.find(({ name }) => name === kind);
  if (chosen === undefined) throw new RangeError('there is no such poison');
  const chat = args.chat(world);
  if (chat === undefined) return;
  const noise = chosen.sql.includes('?,') || chosen.sql.endsWith('?') ? [world.random.bytes(90)] : [];
  const from = args.from(world, chat);
  const atMs = args.atMs(world);
  const message = world.commit(({ database }) => {
    const written = world.write(chat, { from, atMs, text: `poison: ${chosen.name}` });
    database.db.run(`UPDATE message SET ${chosen.sql} WHERE ROWID = ?`, ...noise, written.rowId);
    return written;
  });
  // Nothing else should happen to it.
  world.memory.forget(message);
  yield step(chosen.name, message);
}

/** Rows that no reader expects. */
export const POISON_ACTS: readonly Act[] = [{ name: 'poison', weight: 1, play: poison }];
