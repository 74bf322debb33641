import { mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { breathe, ChatStatsError, EXIT, type ExitCode } from '../kernel/index.ts';
import { type Generation, type History, writeHistory } from '../simulator/index.ts';
import { locateMessages } from '../sources/messages/index.ts';
import { storeHoldsMessages, storeStats } from '../store/index.ts';
import { demoFollowArgs, type LiveShow, showLive, startWriting } from './demo-live.ts';
import { importWithProgress, summaryLines } from './import.ts';
import { type Invocation, note, print, printJson } from './invocation.ts';
import { serve } from './serving.ts';
import { chartLines } from './stats.ts';
import { withStore } from './store-access.ts';
import { grouped, span, terminalOf } from './terminal.ts';
import { verifyWithProgress } from './verify.ts';

const MINUTE_MS = 60_000;
const GENERATION: Generation = 'macos-26';
const TOP = 5;

/** Makes up a history, imports it, follows it live, checks and shows what is in the store: the main job, on any machine. */
export async function run(invocation: Invocation): Promise<ExitCode> {
  const { world, config, flags } = invocation;
  // A variable or a file may name the person's real store; made-up people must never get into that.
  const kept = flags.db === undefined ? null : config.db;
  if (kept !== null && storeHoldsMessages(kept)) {
    throw new ChatStatsError('USAGE', `${kept} holds messages already, and the demo would add made-up ones`, {
      hint: 'Name a file that does not exist yet, or leave --db away.',
    });
  }
  const folder = mkdtempSync(path.join(world.temporaryFolder, 'chatstats-demo-'));
  try {
    const made = await makeHistory(invocation, folder);
    const stays = config.stay ?? (!config.json && terminalOf(world.stdout, world).isTerminal);
    return await (stays ? stay(invocation, made, { kept, folder }) : show(invocation, made, { kept, folder }));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

type Made = { history: History; durationMs: number; addressBook: string };

async function makeHistory(invocation: Invocation, folder: string): Promise<Made> {
  const { world, config } = invocation;
  const abort = new AbortController();
  using _interrupt = world.onInterrupt(() => abort.abort());
  note(invocation, `making up a Messages history of about ${grouped(config.messages)} messages`);
  const startedAt = world.clock.now();
  const addressBook = path.join(folder, 'AddressBook');
  const history = writeHistory({
    file: path.join(folder, 'chat.db'),
    addressBookFolder: addressBook,
    generation: GENERATION,
    messages: config.messages,
    seed: config.seed,
    nowMs: startedAt,
  });
  await breathe();
  if (abort.signal.aborted) throw new ChatStatsError('CANCELLED', 'the demo was cancelled');
  return { history, durationMs: world.clock.now() - startedAt, addressBook };
}

type Place = { kept: string | null; folder: string };

/** Goes on until it is stopped: the page shows the import, and then a Messages in which people go on writing. */
async function stay(
  invocation: Invocation,
  { history, addressBook }: Made,
  { kept, folder }: Place,
): Promise<ExitCode> {
  const { config, world, flags } = invocation;
  const stop = new AbortController();
  using _interrupt = world.onInterrupt(() => stop.abort());
  const { file } = history;
  const task = {
    store: kept ?? path.join(folder, 'chatstats.db'),
    following: demoFollowArgs(invocation, { file, addressBook }),
    anyPort: flags.port === undefined,
    meanwhile: () => ({
      actor: startWriting({ file, generation: GENERATION, seed: config.seed }),
      async [Symbol.asyncDispose]() {
        await this.actor.stop();
      },
    }),
  };
  note(invocation, 'people go on writing in it until you stop it with Ctrl-C');
  await serve(invocation, task, stop.signal);
  return EXIT.done;
}

async function show(invocation: Invocation, made: Made, { kept, folder }: Place): Promise<ExitCode> {
  const { world, config } = invocation;
  const store = kept ?? path.join(folder, 'chatstats.db');
  const source = locateMessages(made.history.file, { platform: world.platform, home: world.home });
  const task = {
    source,
    store,
    addressBook: made.addressBook,
    region: config.region,
    locale: null,
    gapMs: config.gapMinutes === null ? null : config.gapMinutes * MINUTE_MS,
  };
  const opening = `made in ${span(made.durationMs)}; importing it`;
  const summary = await importWithProgress(invocation, task, opening);
  if (!config.json) print(invocation, [...summaryLines(invocation, summary), '']);
  const live = await follow(invocation, made, store);
  const report = await verifyWithProgress(invocation, task, 'comparing the store with its source');
  const stats = await withStore(store, (db) => storeStats(db, { limit: TOP, timeZone: world.timeZone }));
  if (config.json) {
    printJson(invocation, {
      made: { ...made.history.counts, durationMs: made.durationMs },
      import: summary,
      live,
      verify: report,
      stats,
    });
  } else {
    const verdict = report.ok
      ? 'Compared with its source: nothing is missing, and nothing was added.'
      : `Compared with its source: ${grouped(report.differenceCount)} differences.`;
    print(invocation, [verdict, ...chartLines(invocation, stats), '', ...whatNext(invocation, kept)]);
  }
  return EXIT.done;
}

/** The history goes on, and is followed. Ctrl-C ends that, and the rest is shown. */
async function follow(invocation: Invocation, { history, addressBook }: Made, store: string): Promise<LiveShow | null> {
  const { config, world } = invocation;
  if (config.liveSeconds === 0) return null;
  const abort = new AbortController();
  using _interrupt = world.onInterrupt(() => abort.abort());
  const { file } = history;
  const task = { store, file, addressBook, generation: GENERATION, seed: config.seed, seconds: config.liveSeconds };
  return await showLive(invocation, task, abort.signal);
}

function whatNext({ world }: Pick<Invocation, 'world'>, kept: string | null): string[] {
  const { style } = terminalOf(world.stdout, world);
  const next =
    kept === null
      ? [
          ['bin/chatstats --db demo.db demo', 'the same, and keep the store'],
          ['bin/chatstats demo --messages 300000', 'a larger history'],
          world.platform === 'darwin'
            ? ['npm start', "import this Mac's Messages"]
            : ['npm start -- /path/to/chat.db', 'import a real history'],
        ]
      : [
          [`bin/chatstats --db ${kept} search dinner`, 'find messages'],
          [`bin/chatstats --db ${kept} export messages`, 'every message as a line of JSON'],
          [`bin/chatstats --db ${kept} status`, 'the state of the store'],
        ];
  const width = Math.max(...next.map(([command = '']) => command.length));
  return [
    style('bold', 'What to try next'),
    ...next.map(([command = '', what]) => `  ${command.padEnd(width)}   ${what}`),
  ];
}
