import process from 'node:process';
import type { Status } from './schemas/index.ts';

type Kind = 'gauge' | 'counter';
type Sample = [labels: Record<string, string>, value: number];
type Add = (name: string, kind: Kind, help: string, samples: readonly Sample[]) => void;

/** Figures in the text format of Prometheus, version 0.0.4. Names, addresses and texts are in none of them. */
export function metricsText(status: Status): string {
  const lines: string[] = [];
  const add: Add = (name, kind, help, samples) => {
    if (samples.length === 0) return;
    lines.push(`# HELP chatstats_${name} ${help}`, `# TYPE chatstats_${name} ${kind}`);
    for (const [labels, value] of samples) lines.push(`chatstats_${name}${labelled(labels)} ${value}`);
  };
  const { following, store } = status;
  add('up', 'gauge', 'Whether the source is followed and up to date.', one(status.state === 'live' ? 1 : 0));
  add('rows', 'gauge', 'Rows of the store, by kind.', byLabel('kind', store?.counts ?? {}));
  add('store_bytes', 'gauge', 'Size of the store, with its log.', one(store?.bytes));
  add('last_event', 'counter', 'Position of the newest event.', one(status.lastEvent));
  add('lag_seconds', 'gauge', 'From noticing the last change to its commit.', one(seconds(following?.lagMs)));
  add('slowest_lag_seconds', 'gauge', 'The longest of the last hundred.', one(seconds(following?.slowestLagMs)));
  add('batches_total', 'counter', 'Batches taken over since following began.', one(following?.batches));
  add('wakes_total', 'counter', 'Changes of the source that were noticed.', one(following?.wakes));
  add('source_restarts_total', 'counter', 'Times that the source was another file.', one(following?.restarts));
  add('waiting_tasks', 'gauge', 'Tasks that wait for the writer, by lane.', byLabel('lane', status.waiting));
  add('consumer_lag', 'gauge', 'Events that a reader has not acknowledged.', [
    ...status.consumers.map(({ name, lag }): Sample => [{ consumer: name }, lag]),
  ]);
  add('search_index_waiting', 'gauge', 'Messages that are not indexed yet.', one(store?.searchIndex.waiting));
  add('stream_clients', 'gauge', 'Connections that listen to a stream.', one(status.streams.clients));
  add('stream_cut_off_total', 'counter', 'Connections that were too slow.', one(status.streams.cutOff));
  const counted = (field: 'results' | 'stale' | 'open' | 'queued' | 'failed') =>
    status.analysis.map((counts): Sample => [{ pass: counts.pass, kind: counts.kind }, counts[field]]);
  add('analysis_results', 'gauge', 'Results of passes, stale ones included.', counted('results'));
  add('analysis_stale', 'gauge', 'Results that are stale.', counted('stale'));
  add('analysis_open', 'gauge', 'Results that are wanted, and not queued yet.', counted('open'));
  add('analysis_queued', 'gauge', 'Jobs that wait or go on.', counted('queued'));
  add('analysis_failed', 'gauge', 'Jobs that have failed for good.', counted('failed'));
  addRedis(status.redis, add);
  add('memory_bytes', 'gauge', 'Memory of the process.', one(process.memoryUsage.rss()));
  return `${lines.join('\n')}\n`;
}

/** How relaying goes. The name of a group is whatever its reader has called it. */
function addRedis(redis: Status['redis'], add: Add): void {
  if (redis === null) return;
  const { server } = redis;
  const groups = server?.stream.groups ?? [];
  const ofGroups = (field: 'pending' | 'lag') =>
    groups.flatMap((group): Sample[] => (group[field] === null ? [] : [[{ group: group.name }, group[field]]]));
  add('redis_up', 'gauge', 'Whether the Redis server that is named can be used.', one(redis.isConnected ? 1 : 0));
  add('redis_lag', 'gauge', 'Events that have not arrived in the stream.', one(redis.lag));
  add('redis_position', 'gauge', 'Position of the last event in the stream.', one(redis.position));
  add('redis_stream_entries', 'gauge', 'Entries of the stream.', one(server?.stream.length));
  add('redis_stream_bytes', 'gauge', 'Memory of the stream.', one(server?.stream.bytes));
  add('redis_group_pending', 'gauge', 'Entries given to a group and not acknowledged.', ofGroups('pending'));
  add('redis_group_lag', 'gauge', 'Entries that a group has not been given.', ofGroups('lag'));
  add('redis_tracker_chats', 'gauge', 'Chats in the check queue.', one(server?.tracker.chats));
  add('redis_tracker_bytes', 'gauge', 'Memory of the keys of the tracker.', one(server?.tracker.bytes));
  add('redis_memory_bytes', 'gauge', 'Memory that the server uses in all.', one(server?.memory.usedBytes));
  add('redis_memory_limit_bytes', 'gauge', 'What it may use; 0: no bound.', one(server?.memory.mostBytes));
  const problems = redis.problems.map(({ code, times }): Sample => [{ code }, times]);
  add('redis_problems', 'gauge', 'How often what is wrong was met, by kind.', problems);
}

function one(value: number | null | undefined): Sample[] {
  return value === null || value === undefined ? [] : [[{}, value]];
}

function byLabel(label: string, values: Record<string, number>): Sample[] {
  return Object.entries(values).map(([name, value]): Sample => [{ [label]: name }, value]);
}

function labelled(labels: Record<string, string>): string {
  const parts = Object.entries(labels).map(([name, value]) => `${name}="${value.replace(/["\\\n]/g, '_')}"`);
  return parts.length === 0 ? '' : `{${parts.join(',')}}`;
}

function seconds(ms: number | null | undefined): number | null {
  return ms === null || ms === undefined ? null : ms / 1_000;
}
