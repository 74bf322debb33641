import type { FastifyInstance, FastifyReply, FastifyRequest, RawServerDefault } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Hub } from '../delivery/index.ts';
import type { Diagnosis } from '../doctor/index.ts';
import type { Engine, ImportArgs } from '../engine/index.ts';
import { ChatStatsError, type Clock } from '../kernel/index.ts';
import type { RedisFigures } from '../model/index.ts';
import type { Backup, BackupReader } from '../sources/iphone-backup/index.ts';
import type { Database } from '../sqlite/index.ts';
import type { Guard } from './guard.ts';
import type { HeavyReader } from './heavy-reader.ts';
import type { KeptItems } from './kept-items.ts';
import type { Monitor } from './monitor.ts';
import type { StoreReader } from './store-reader.ts';

export type ApiEngine = Pick<Engine, 'on' | 'call'>;

/** What an import is asked for. */
export type OpenedImport = Disposable & { args: ImportArgs };

/** What the routes are given. */
export type Context = {
  store: string;
  version: string;
  clock: Clock;
  engine: ApiEngine;
  reader: StoreReader;
  /** What was read of chats and messages before, with `reader`. */
  kept: KeptItems;
  heavy: HeavyReader;
  hub: Hub;
  monitor: Monitor;
  guard: Guard;
  /** Readers of iPhone backups that are open in this process. */
  lent: readonly BackupReader[];
  /** The home folder, which `~` in the paths of attachments means. */
  home: string;
  /**
   * A source by its path, ready to be imported, or the one that is followed (null). Disposing lets go of what had to be
   * made of it to read it.
   */
  openImport(source: string | null, addressBook: string | null): Promise<OpenedImport>;
  /** The address book of the source that is followed; null for none. */
  addressBook: string | null;
  /** The iPhone backups of this machine, in any order. Throws SOURCE_NO_PERMISSION. */
  listBackups(): readonly Backup[];
  /** How relaying to Redis goes; null where nothing is relayed. */
  redis(): Promise<RedisFigures | null>;
  /** What is wrong and what to do: what the command `doctor` says, but for what takes long. */
  examine(): Promise<Diagnosis>;
};

export type Api = FastifyInstance<
  RawServerDefault,
  import('node:http').IncomingMessage,
  import('node:http').ServerResponse,
  import('fastify').FastifyBaseLogger,
  ZodTypeProvider
>;

/** Where a reader of the answer can begin to listen without missing anything. */
export const POSITION_HEADER = 'X-Event-Position';

/**
 * Answers a list, or one thing, as the store is at one moment, with the position of the events at that moment. Who has
 * the answer of that moment already is told so, which costs nothing; `work` is not done then.
 */
export function answerAt<T>(
  { reader, monitor }: Context,
  request: FastifyRequest,
  reply: FastifyReply,
  work: (db: Database) => T,
): T {
  let isKnown = false;
  const { position, value } = reader.readAt((db, at) => {
    isKnown = request.headers['if-none-match'] === tagOf(at, reader, monitor);
    return isKnown ? null : work(db);
  });
  reply.header(POSITION_HEADER, String(position)).header('ETag', tagOf(position, reader, monitor));
  if (!isKnown) return value as T;
  reply.code(304);
  return UNCHANGED;
}

/** The body of an answer that says that nothing has changed: none, whatever the answer would have been. */
export const UNCHANGED = null as never;

/** Weak, because it tells the moment of the store and not the bytes; another start may answer in another shape. */
function tagOf(position: number, { generation }: StoreReader, { startedAtMs }: Monitor): string {
  return `W/"${startedAtMs.toString(36)}-${generation}-${position}"`;
}

export function notFound(what: string): ChatStatsError {
  return new ChatStatsError('NOT_FOUND', `there is no such ${what}`);
}
