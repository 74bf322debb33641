import { readFileSync } from 'node:fs';
import path from 'node:path';
import { type ApiServer, type OpenedImport, startApi } from '../api/index.ts';
import { examine } from '../doctor/index.ts';
import { type Calls, Engine, type ImportArgs, listen } from '../engine/index.ts';
import { ChatStatsError, pause } from '../kernel/index.ts';
import type { FollowStatus } from '../pipeline/index.ts';
import { serviceState } from '../service/index.ts';
import { describeBackup, locateUsualBackups } from '../sources/iphone-backup/index.ts';
import { locateMessages } from '../sources/messages/index.ts';
import { analyseMeanwhile } from './analysing.ts';
import { aborted, follow, tellWhatHappens } from './following.ts';
import { type Invocation, print, printJson } from './invocation.ts';
import { openRequestedBackup } from './opened-source.ts';
import { answering, type RelayHandle, relayTo } from './relaying.ts';
import { backupAt, readingSettings } from './source.ts';
import { terminalOf } from './terminal.ts';
import { version } from './version.ts';

/** The built page, in a checkout and beside a built program alike. */
const PAGE = path.join(import.meta.dirname, '..', '..', 'web', 'dist');

export type ServingTask = {
  store: string;
  /** What is followed; null to serve what is there and follow nothing. */
  following: Calls['follow']['args'] | null;
  /** Done as soon as there is a page, where nothing is followed: it shows how far that is. */
  first?(engine: Engine, api: ApiServer, signal: AbortSignal): Promise<void>;
  /** Where the port is taken, any other will do. */
  anyPort?: boolean;
  /** Begun once the source is followed, stopped before the rest is. */
  meanwhile?(): AsyncDisposable;
};

/**
 * Owns the store, serves it, and follows a source into it until `signal` is aborted. Listens before the history is
 * imported, so that the page shows the import. Throws what kept it from beginning, and what ended it by itself.
 */
export async function serve(
  invocation: Invocation,
  task: ServingTask,
  signal: AbortSignal,
): Promise<FollowStatus | null> {
  const { store, following } = task;
  const token = tokenOf(invocation);
  await using engine = await Engine.start({ store });
  using _telling = tellWhatHappens(invocation, engine, following?.source.path ?? store);
  await using relay = relayTo(invocation, engine, store);
  // Another process that wants to write is answered by this one.
  await using _owner = await listen(store, answering(engine, relay));
  await using api = await startServer(invocation, task, { engine, relay }, token);
  announce(invocation, api);
  if (following === null) {
    if (task.first !== undefined) {
      api.tell('importing');
      await task.first(engine, api, signal);
    }
    api.tell('idle');
    using _analysing = await analyseMeanwhile(invocation, engine, () => api.tellAgain());
    await aborted(signal);
    return null;
  }
  const begin = async () => await follow(invocation, { engine, store, args: following }, signal);
  const broken = new AbortController();
  using _again = engine.onRestart(() => begin().catch((error: unknown) => broken.abort(error)));
  const status = await begin();
  using _analysing = await analyseMeanwhile(invocation, engine, () => api.tellAgain());
  {
    await using _meanwhile = task.meanwhile?.() ?? null;
    await aborted(AbortSignal.any([signal, broken.signal]));
  }
  // Nothing is followed any more, and nobody asked for that: whoever started this has to know.
  if (broken.signal.aborted && !signal.aborted) throw broken.signal.reason;
  return (await engine.call('liveStatus', {}).catch(() => null))?.following ?? status;
}

async function startServer(
  invocation: Invocation,
  { store, following, anyPort = false }: ServingTask,
  { engine, relay }: { engine: Engine; relay: RelayHandle | null },
  token: string | null,
): Promise<ApiServer> {
  const { config, world } = invocation;
  const start = (port: number) =>
    startApi({
      ...{ store, engine, token, port, host: config.host, version: version(), clock: world.clock, home: world.home },
      page: PAGE,
      redis: async () => (await relay?.figures()) ?? null,
      openImport: (source, addressBook) => openImport(invocation, following, source, addressBook),
      addressBook: following?.addressBook ?? null,
      listBackups: () => locateUsualBackups(world).folders.map(describeBackup),
      examine: async () =>
        await examine({
          ...{ store, source: following?.source.path ?? config.source, machine: world, clock: world.clock },
          addressBook: following === null ? config.addressBook : (following.addressBook ?? 'none'),
          live: await answering(engine, relay)('liveStatus', {}, {}).catch(() => null),
          service: await serviceState({ ...world, wait: pause }).catch(() => null),
          // Others are answered by this thread meanwhile.
          thorough: false,
        }),
    });
  try {
    return await start(config.port);
  } catch (error) {
    if (anyPort && error instanceof ChatStatsError && error.code === 'PORT_IN_USE') return await start(0);
    throw error;
  }
}

/** What an import by request reads: the source that is followed, or one that is named by its absolute path. */
async function openImport(
  invocation: Invocation,
  following: ImportArgs | null,
  source: string | null,
  addressBook: string | null,
): Promise<OpenedImport> {
  const { world } = invocation;
  for (const named of [source, addressBook]) {
    if (named !== null && named !== 'none' && !path.isAbsolute(named)) {
      throw new ChatStatsError('USAGE', 'a path in a request has to be absolute');
    }
  }
  const reading = { ...readingSettings(invocation), gapMs: following?.gapMs ?? null };
  const backup = source === null ? null : backupAt(source, world.home);
  if (backup !== null) {
    const opened = await openRequestedBackup(invocation, backup, addressBook);
    return { args: { ...opened.settings, ...reading }, [Symbol.dispose]: () => opened[Symbol.dispose]() };
  }
  if (source === null && following === null) {
    throw new ChatStatsError('SOURCE_NOT_FOUND', 'no source is followed, and the request names none');
  }
  const people = addressBook === null ? (source === null ? (following?.addressBook ?? null) : null) : addressBook;
  return {
    args: {
      source:
        source === null && following !== null
          ? following.source
          : locateMessages(source ?? undefined, { platform: world.platform, home: world.home }),
      addressBook: people === 'none' ? null : people,
      ...reading,
    },
    [Symbol.dispose]: () => undefined,
  };
}

function announce(invocation: Invocation, { address, port }: ApiServer): void {
  const { config, world } = invocation;
  if (config.json) printJson(invocation, { address, port });
  else print(invocation, [`ChatStats is at ${address}`]);
  if (!config.noOpen && !config.json && terminalOf(world.stdout, world).isTerminal) world.openInBrowser(address);
}

/** The token is never an option of the command line, where every program of the machine could read it. */
function tokenOf({ config, world }: Invocation): string | null {
  if (config.tokenFile !== null) {
    try {
      const [line = ''] = readFileSync(config.tokenFile, 'utf8').split(/\r?\n/);
      return line.trim();
    } catch (error) {
      throw new ChatStatsError('USAGE', `cannot read the token file ${config.tokenFile}`, { cause: error });
    }
  }
  const token = world.env.CHATSTATS_TOKEN?.trim() ?? '';
  return token === '' ? null : token;
}
