import type { LiveStatus } from '../engine/index.ts';
import { EXIT, type ExitCode } from '../kernel/index.ts';
import type { RedisFigures } from '../model/index.ts';
import { type ConsumerStatus, lastEventId, listConsumers } from '../outbox/index.ts';
import { type StoreStatus, storeStatus } from '../store/index.ts';
import { type Invocation, print, printJson } from './invocation.ts';
import { liveStatus, withStore } from './store-access.ts';
import { bytes, grouped, pairs, type Terminal, terminalOf } from './terminal.ts';

/** `live`: what the process says that follows a source into this store; null when none does. */
type Status = StoreStatus & { lastEvent: number; consumers: ConsumerStatus[]; live: LiveStatus | null };

export async function run(invocation: Invocation): Promise<ExitCode> {
  const { config } = invocation;
  const held = await withStore(config.db, (db) => ({
    ...storeStatus(db, config.db),
    lastEvent: lastEventId(db),
    consumers: listConsumers(db),
  }));
  const status = { ...held, live: await liveStatus(config.db) };
  if (config.json) printJson(invocation, status);
  else print(invocation, statusLines(invocation, status));
  return EXIT.done;
}

function statusLines({ world }: Invocation, status: Status): string[] {
  const { style } = terminalOf(world.stdout, world);
  const { waiting, complete } = status.searchIndex;
  const index = complete ? 'complete' : `${grouped(waiting)} messages to go; the next search goes on with it`;
  const setAside = status.quarantine.filter(({ state }) => state === 'held' || state === 'quarantined');
  const gap = status.gapMinutes === null ? 'none yet' : `${status.gapMinutes} minutes`;
  return [
    style('bold', 'Store'),
    ...pairs([
      ['file', `${status.file} (${bytes(status.bytes)}, schema ${status.schemaVersion})`],
      ['last import', status.lastImportAt ?? 'none'],
      ['conversation gap', gap],
      ['search index', index],
      ['last event', grouped(status.lastEvent)],
    ]),
    style('bold', 'Sources'),
    ...status.sources.map((source) => `  ${source.path} (last read ${source.lastReadAt ?? source.lastImportedAt})`),
    style('bold', 'Live'),
    ...liveLines(status.live),
    ...redisLines(status.live?.redis ?? null, style),
    style('bold', 'Content'),
    ...pairs(Object.entries(status.counts)),
    ...(setAside.length === 0 ? [] : [style('bold', 'Set aside')]),
    ...pairs(setAside.map(({ reason, state, rows }) => [`${reason} (${state})`, rows] as const)),
    ...(status.consumers.length === 0 ? [] : [style('bold', 'Readers of the events')]),
    ...pairs(status.consumers.map(({ name, lag }) => [name, `${grouped(lag)} events behind`] as const)),
  ];
}

function redisLines(redis: RedisFigures | null, style: Terminal['style']): string[] {
  if (redis === null) return [];
  const { isConnected, position, lag, server, problems } = redis;
  const behind = lag === 0 ? 'up to date' : `${grouped(lag)} behind`;
  const bound = server === null || server.memory.mostBytes === 0 ? '' : ` of ${bytes(server.memory.mostBytes)}`;
  return [
    style('bold', 'Redis'),
    ...pairs([
      ['connection', isConnected ? 'there' : 'away; it is tried again'],
      ['events', `read up to ${grouped(position)}, ${behind}`],
      ...(server === null
        ? []
        : ([
            ['stream', `${grouped(server.stream.length)} entries, ${bytes(server.stream.bytes)}`],
            ...server.stream.groups.map(
              ({ name, pending, lag: unread }) =>
                [
                  `group ${name}`,
                  `${grouped(pending)} not acknowledged, ${unread ?? 'an unknown number'} not read`,
                ] as const,
            ),
            ['tracker', `${grouped(server.tracker.chats)} chats, ${bytes(server.tracker.bytes)}`],
            ['memory', `${bytes(server.memory.usedBytes)}${bound} (${server.memory.policy})`],
          ] as const)),
      ...problems.map(
        ({ code, text, times }) => [code, `${text}${times > 1 ? ` (${grouped(times)} times)` : ''}`] as const,
      ),
    ]),
  ];
}

function liveLines(live: LiveStatus | null): string[] {
  const following = live?.following ?? null;
  if (following === null) return ['  nothing is followed; chatstats sync does that'];
  const { state, lagMs, slowestLagMs, lastMessageRowid, sweeps, restarts, caches } = following;
  const lag = lagMs === null ? 'nothing came yet' : `${lagMs} ms (slowest of the last hundred: ${slowestLagMs} ms)`;
  return pairs([
    ['state', state],
    ['from noticing to commit', lag],
    ['read up to row', grouped(lastMessageRowid)],
    ['sweeps, restarts', `${grouped(sweeps)}, ${grouped(restarts)}`],
    ...Object.entries(caches).map(
      ([name, { lookUps, hitRate }]) =>
        [`look-ups of ${name}`, `${(hitRate * 100).toFixed(1)} % of ${grouped(lookUps)} answered by memory`] as const,
    ),
  ]);
}
