import { type Calls, Engine } from '../engine/index.ts';
import { must, pause } from '../kernel/index.ts';
import type { StoredEvent } from '../model/index.ts';
import { lastEventId, readEvents } from '../outbox/index.ts';
import { type ActorLine, type ActorProcess, type Generation, startActor } from '../simulator/index.ts';
import { openStoreForReading } from '../store/index.ts';
import { type Invocation, note, print } from './invocation.ts';
import { grouped } from './terminal.ts';

/** What came of following a made-up Messages for some seconds. `medianMs`: from a commit of Messages to its event. */
export type LiveShow = { seconds: number; commits: number; events: Record<string, number>; medianMs: number | null };

export type LiveTask = {
  store: string;
  file: string;
  addressBook: string | null;
  generation: Generation;
  seed: number;
  seconds: number;
};

/** Acts of the made-up Messages in a second: a busy evening. */
const PER_SECOND = 6;
/** Acts that replace files are for tests: a person wants to see messages. */
const ACTS = [
  'say',
  'sayLate',
  'newDirect',
  'reply',
  'edit',
  'unsend',
  'react',
  'changeReaction',
  'unreact',
  'sayFile',
  'read',
  'delivered',
  'deleteRecently',
  'restore',
  'rename',
  'backfill',
];
/** For the last changes to arrive. */
const REST_MS = 500;
const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const EVENTS_AT_ONCE = 1_000;

/** How a made-up Messages is followed. */
export function demoFollowArgs(
  { config }: Invocation,
  { file, addressBook }: Pick<LiveTask, 'file' | 'addressBook'>,
): Calls['follow']['args'] {
  return {
    source: { path: file, sealed: false },
    ...{ addressBook, region: config.region, locale: null, mirrorDeletes: false, once: false },
    gapMs: config.gapMinutes === null ? null : config.gapMinutes * MINUTE_MS,
    ...{ pollMs: config.pollMs, hints: config.hints, sealCheckMs: config.sealCheckSeconds * SECOND_MS },
    contactsMs: config.contactsSeconds * SECOND_MS,
  };
}

/** Starts a Messages in which people write, a process of its own, until it is stopped. */
export function startWriting(
  { file, generation, seed }: Pick<LiveTask, 'file' | 'generation' | 'seed'>,
  onLine: (line: ActorLine) => void = () => undefined,
): ActorProcess {
  return startActor({ file, generation, seed, only: ACTS, perSecond: PER_SECOND, onLine });
}

/** Lets a made-up Messages, a process of its own, write to its database, follows it, and shows what arrives. */
export async function showLive(invocation: Invocation, task: LiveTask, signal: AbortSignal): Promise<LiveShow> {
  const { config, world } = invocation;
  const show: LiveShow = { seconds: task.seconds, commits: 0, events: {}, medianMs: null };
  const writtenAt = new Map<string, number>();
  const lags: number[] = [];
  await using engine = await Engine.start({ store: task.store });
  using db = openStoreForReading(task.store);
  let position = lastEventId(db);
  const arrive = () => {
    for (const event of readEvents(db, { after: position, limit: EVENTS_AT_ONCE })) {
      position = event.id;
      show.events[event.type] = (show.events[event.type] ?? 0) + 1;
      const lag = lagOf(event, writtenAt);
      if (lag !== null) lags.push(lag);
      if (!config.json) print(invocation, [eventLine(event, lag, world.timeZone)]);
    }
  };
  using _events = engine.on('committed', arrive);
  await engine.call('follow', demoFollowArgs(invocation, task));
  note(invocation, `following it live for ${task.seconds} s, while it goes on writing`);
  const actor = startWriting(task, (line) => {
    show.commits += 1;
    if (line.guid !== null && !writtenAt.has(line.guid)) writtenAt.set(line.guid, line.atMs);
  });
  await pause(task.seconds * SECOND_MS, signal);
  await actor.stop();
  await pause(REST_MS, signal);
  arrive();
  show.medianMs = median(lags);
  if (!config.json) print(invocation, [summaryLine(show), '']);
  return show;
}

/** From the commit in which Messages wrote a message to now; null for what tells of no new message. */
function lagOf(event: StoredEvent, writtenAt: ReadonlyMap<string, number>): number | null {
  if (event.type !== 'messages_synced' || event.data.historical > 0) return null;
  const [guid] = event.data.guids;
  const at = guid === undefined ? undefined : writtenAt.get(guid);
  return at === undefined ? null : Math.max(0, performance.timeOrigin + performance.now() - at);
}

function eventLine(event: StoredEvent, lagMs: number | null, timeZone: string): string {
  const time = new Intl.DateTimeFormat('sv-SE', { timeZone, timeStyle: 'medium' }).format(new Date(event.at));
  const chat = event.chatId === null ? '' : `chat ${event.chatId}`;
  const lag = lagMs === null ? '' : `${lagMs.toFixed(0)} ms after it was written`;
  return `  ${time}  ${event.type.padEnd(22)} ${chat.padEnd(9)} ${detail(event).padEnd(24)} ${lag}`.trimEnd();
}

/** Numbers and names of fields; an event holds nothing else. */
function detail({ data }: StoredEvent): string {
  if ('guids' in data) {
    const count = messages(data.guids.length);
    if ('changed' in data) return data.changed.join(', ');
    return 'historical' in data && data.historical > 0 ? `${count}, old news` : count;
  }
  if ('messageCount' in data) return `${messages(data.messageCount)} now`;
  if ('changed' in data) return data.changed.join(', ');
  return 'kind' in data ? data.kind : '';
}

function messages(count: number): string {
  return count === 1 ? '1 message' : `${grouped(count)} messages`;
}

function summaryLine({ commits, events, medianMs, seconds }: LiveShow): string {
  const total = Object.values(events).reduce((sum, count) => sum + count, 0);
  const lag = medianMs === null ? '' : `; half of the new messages were here within ${medianMs.toFixed(0)} ms`;
  return `In ${seconds} s Messages made ${grouped(commits)} commits, of which came ${grouped(total)} events${lag}.`;
}

function median(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  return must(sorted[Math.floor(sorted.length / 2)], 'there is a middle where there is anything');
}
