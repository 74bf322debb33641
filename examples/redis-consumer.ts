/**
 * A consumer of ChatStats' events in Redis (docs/redis.md), to start your own from. It is one member of a consumer group:
 * it gets every event in order and at least once, whatever is killed, restarted or emptied, and prints each as a line.
 *
 *   node examples/redis-consumer.ts redis://127.0.0.1:6379 GROUP [POSITION-FILE]
 *
 * Three things make that so, and are worth keeping when you change the rest:
 * 1. An entry is acknowledged after it was handled, never before; one that was not is given again (`0`, then `>`).
 * 2. Which store the events are of, and the last event that was handled, are kept where the results are: here a file. A
 *    Redis that was emptied has forgotten the group; ChatStats fills the stream again, and the group begins behind that.
 * 3. Ids follow each other. One that does not is told: what is between was gone before it could be read.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { setTimeout } from 'node:timers/promises';
import { Redis } from 'ioredis';

const STREAM = 'chatstats:events';
const BINDING = 'chatstats:events:store';
/** The name under which Redis remembers what was given to us and not acknowledged yet: the same one at every start. */
const CONSUMER = 'one';
const ENTRIES_AT_ONCE = 100;
const BLOCK_MS = 1_000;
const AGAIN_MS = 500;
/** A server that hangs is not waited for any longer. */
const ANSWER_MS = 5_000;

type Entry = [id: string, words: string[]];
type Position = { store: string; event: number };

const [url, group, file] = process.argv.slice(2);
if (url === undefined || group === undefined) {
  console.error('usage: node examples/redis-consumer.ts URL GROUP [POSITION-FILE]');
  process.exit(2);
}
// What was under way when the connection broke is refused at once: the driver would leave it unanswered for ever.
const redis = new Redis(url, { maxRetriesPerRequest: 0, commandTimeout: ANSWER_MS });
redis.on('error', () => undefined);
let position = readPosition();

for (;;) {
  try {
    await begin(group);
    // What was given to us before and not acknowledged comes first, then what nobody of the group has been given.
    for (let after = '0'; after !== '>'; ) {
      const entries = await read(group, after);
      await take(group, entries);
      after = entries.at(-1)?.[0] ?? '>';
    }
    for (;;) await take(group, await read(group, '>'));
  } catch {
    // Redis is away, or has lost the group (NOGROUP): the next round finds out what there is.
    await setTimeout(AGAIN_MS);
  }
}

/** Makes the group where there is none: behind the last event that was handled, or at the start. */
async function begin(name: string): Promise<void> {
  const store = await redis.get(BINDING);
  // Empty, or emptied: of which store its events will be is said with the first of them.
  if (store === null) throw new Error('nothing has been relayed yet');
  // Events of another store have ids of their own.
  if (store !== position.store) position = { store, event: 0 };
  try {
    await redis.xgroup('CREATE', STREAM, name, `${position.event}-0`, 'MKSTREAM');
  } catch (error) {
    if (!String(error).includes('BUSYGROUP')) throw error;
  }
}

async function read(name: string, after: string): Promise<Entry[]> {
  const answer = await redis.xreadgroup(
    ...(['GROUP', name, CONSUMER, 'COUNT', ENTRIES_AT_ONCE, 'BLOCK', BLOCK_MS, 'STREAMS', STREAM, after] as const),
  );
  const [found] = (answer ?? []) as [string, Entry[]][];
  return found?.[1] ?? [];
}

async function take(name: string, entries: readonly Entry[]): Promise<void> {
  for (const [id, words] of entries) {
    const event = Number.parseInt(id, 10);
    // Handled already, and killed before it was acknowledged.
    if (event > position.event) {
      if (position.event > 0 && event > position.event + 1) {
        console.error(`events ${position.event + 1} to ${event - 1} are gone: load what they told of from the store`);
      }
      handle(event, fieldsOf(words));
      position = { ...position, event };
      writePosition();
    }
    await redis.xack(STREAM, name, id);
  }
}

/** Your work. It must bear being done again with the event it was killed in; the id tells. */
function handle(id: number, { type, at, chatId, data }: Record<string, string>): void {
  console.log(
    JSON.stringify({ id, type, at, chatId: chatId === '' ? null : Number(chatId), data: JSON.parse(data ?? '') }),
  );
}

function fieldsOf(words: readonly string[]): Record<string, string> {
  const fields: Record<string, string> = {};
  for (let at = 0; at + 1 < words.length; at += 2) fields[words[at] ?? ''] = words[at + 1] ?? '';
  return fields;
}

function readPosition(): Position {
  try {
    return JSON.parse(readFileSync(file ?? '', 'utf8')) as Position;
  } catch {
    return { store: '', event: 0 };
  }
}

function writePosition(): void {
  if (file === undefined) return;
  writeFileSync(`${file}.new`, JSON.stringify(position));
  renameSync(`${file}.new`, file);
}
