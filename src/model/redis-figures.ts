/**
 * How relaying to Redis goes, as plain data that any door may show. `server` is null while Redis is away or does not
 * answer. Problems are the kinds that were met, with how often; one that has passed is not among them.
 */
export type RedisFigures = {
  isConnected: boolean;
  /** The last event that Redis has, and how many have not arrived. */
  position: number;
  lag: number;
  server: RedisServerFigures | null;
  problems: { code: string; text: string; lastAt: string; times: number }[];
};

export type RedisGroupFigures = { name: string; consumers: number; pending: number; lag: number | null };

/** What Redis holds of ours, and how much room there is. */
export type RedisServerFigures = {
  stream: { length: number; bytes: number; groups: RedisGroupFigures[] };
  /** Chats whose conversation goes on, and the memory of their keys, from a sample of them. */
  tracker: { chats: number; bytes: number };
  /** `mostBytes`: 0 where there is no bound. */
  memory: { usedBytes: number; mostBytes: number; policy: string };
};
