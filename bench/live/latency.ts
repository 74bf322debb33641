import type { ActorLine, ActorProcess } from '../../src/simulator/index.ts';
import { openStoreForReading } from '../../src/store/index.ts';
import { type Consumer, now, sleep } from './consumer.ts';
import { BUDGETS, type Budget, line, tellLags } from './table.ts';

/** The writer and the reader between which `chatstats sync` stands. */
export type Scene = { actor: ActorProcess; consumer: Consumer; store: string };

/** Acts on one message, and the field by whose change their event is known. */
const CHANGES = [
  ['edit', 'editedAt'],
  ['unsend', 'unsentAt'],
  ['read', 'readAt'],
] as const;

/** So many of the oldest messages are looked at for some that can be edited. */
const CANDIDATES = 2_000;

async function lag({ consumer }: Scene, what: string, commit: ActorLine): Promise<number | null> {
  if (commit.guid === null) return null;
  const seenAt = await consumer.when(what, commit.guid);
  // A reader may be quicker than the line that tells when it was.
  return seenAt === null ? null : Math.max(0, seenAt - commit.atMs);
}

/** Says something, and answers the commit by which it becomes a message: that of its join to the chat. */
async function say({ actor }: Scene): Promise<ActorLine> {
  const { commits } = await actor.send({ act: 'say', from: 'me' });
  const join = commits.find(({ step }) => step === 'join');
  if (join === undefined) throw new Error('what is said is joined to its chat');
  return join;
}

/** So many messages at a steady pace. */
export async function paced(scene: Scene, name: string, count: number, everyMs: number, budget: Budget) {
  const lags: Promise<number | null>[] = [];
  const startedAt = now();
  for (let at = 0; at < count; at += 1) {
    await sleep(Math.max(0, startedAt + at * everyMs - now()));
    lags.push(lag(scene, 'messages_synced', await say(scene)));
  }
  tellLags(name, await Promise.all(lags), budget);
}

/** What happens to messages that have just come. */
export async function changesOfNewest(scene: Scene, count: number): Promise<void> {
  for (const [act, field] of CHANGES) {
    const lags: (number | null)[] = [];
    for (let at = 0; at < count; at += 1) {
      const { guid } = await say(scene);
      if (guid === null) continue;
      await scene.consumer.when('messages_synced', guid);
      await sleep(20);
      lags.push(await lag(scene, field, await scene.actor.send({ act, message: guid })));
    }
    tellLags(`${act} of a message that has just come`, lags, BUDGETS.hints);
  }
  const lags: (number | null)[] = [];
  for (let at = 0; at < count; at += 1) {
    const { guid } = await say(scene);
    if (guid === null) continue;
    await scene.consumer.when('messages_synced', guid);
    lags.push(await lag(scene, 'reaction_added', await scene.actor.send({ act: 'react', message: guid })));
  }
  tellLags('reaction to a message that has just come', lags, BUDGETS.hints);
}

/** Edits of the oldest messages; then one right after the log was emptied, which may have to wait for a sweep. */
export async function changesOfOldest(scene: Scene, count: number): Promise<void> {
  const candidates = oldest(scene.store, CANDIDATES);
  const lags: (number | null)[] = [];
  while (lags.length < count) {
    const edited = await editNext(scene, candidates);
    if (edited === null) break;
    lags.push(await lag(scene, 'editedAt', edited));
    await sleep(20);
  }
  tellLags('edit of a message of years ago', lags, BUDGETS.hints);
  await scene.actor.send({ act: 'checkpoint', mode: 'TRUNCATE' });
  const edited = await editNext(scene, candidates);
  if (edited !== null) tellSeconds('the same, right after the log was emptied', await lag(scene, 'editedAt', edited));
}

/** Edits the next that can be edited: not everything that is text to us is plain. Null when there is none. */
async function editNext({ actor }: Scene, candidates: string[]): Promise<ActorLine | null> {
  for (let message = candidates.shift(); message !== undefined; message = candidates.shift()) {
    const done = await actor.send({ act: 'edit', message }).catch((error: unknown) => {
      if (error instanceof RangeError) return null;
      throw error;
    });
    if (done !== null) return done;
  }
  return null;
}

function tellSeconds(name: string, ms: number | null): void {
  const { anyChange } = BUDGETS;
  const judged = ms !== null && ms < anyChange * 1_000 ? 'ok' : 'OVER';
  line(name, `${ms === null ? 'LOST' : `${(ms / 1_000).toFixed(2)} s`}   ${judged} (${anyChange} s)`);
}

function oldest(store: string, count: number): string[] {
  using db = openStoreForReading(store);
  return db
    .all<{ guid: string }>(
      `SELECT guid FROM messages WHERE kind = 'text' AND is_from_me = 1 AND sent_at IS NOT NULL AND edited_at IS NULL
         AND unsent_at IS NULL AND deleted_at IS NULL AND is_scheduled = 0 AND unsent_parts IS NULL
         AND id NOT IN (SELECT message_id FROM message_attachments) ORDER BY sent_at LIMIT ?`,
      count,
    )
    .map(({ guid }) => guid);
}

/** Many at once. */
export async function bursts(scene: Scene, count: number): Promise<void> {
  for (const together of [true, false]) {
    const before = scene.consumer.messages;
    const { commits } = await scene.actor.send({ act: 'burst', count, together });
    const [first, last] = [commits[0], commits.at(-1)];
    if (first === undefined || last === undefined) throw new Error('a burst is at least one commit');
    const after = await lag(scene, 'messages_synced', last);
    const lost = count - (scene.consumer.messages - before);
    const name = `${count} messages ${together ? 'in one commit' : 'commit by commit'}, to the last event`;
    const writing = together ? '' : `; writing them took ${(last.atMs - first.atMs).toFixed(0)} ms`;
    line(name, `${after === null ? 'LOST' : `${after.toFixed(0)} ms after the last commit`}${writing}; lost ${lost}`);
  }
}

/** Rows that are written all the time and say nothing new, as Spotlight does from macOS 26 on. */
export async function spotlight({ actor }: Scene, seconds: number, perSecond: number): Promise<void> {
  const startedAt = now();
  for (let at = 0; at < seconds * perSecond; at += 1) {
    await sleep(Math.max(0, startedAt + (at * 1_000) / perSecond - now()));
    await actor.send({ act: 'spotlight' });
  }
}
