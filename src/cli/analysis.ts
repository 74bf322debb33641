import { loadPasses, type PassInfo } from '../analysis/index.ts';
import { type AnalysisState, type Calls, Engine, handOver, runOwned } from '../engine/index.ts';
import { ChatStatsError, EXIT, type ExitCode, pause } from '../kernel/index.ts';
import {
  type AnalysisCounts,
  analysisCounts,
  type PlanLine,
  planLines,
  type UsageLine,
  usageLines,
} from '../store/index.ts';
import { analysisArgs, askConsent, tellPause } from './analysing.ts';
import { type Invocation, note, print, printJson, warn } from './invocation.ts';
import { withStore } from './store-access.ts';
import { grouped, pairs, terminalOf } from './terminal.ts';

type Verb = (invocation: Invocation, words: readonly string[]) => Promise<ExitCode>;

const PLANS_SHOWN = 5;
const DAYS_SHOWN = 7;
const LOOK_MS = 200;
/** How far it is is told so often, in milliseconds. */
const TELL_MS = 5_000;
/** Characters that a token stands for, about. */
const TOKEN_CHARACTERS = 4;

/** What is found in conversations. */
export async function run(invocation: Invocation): Promise<ExitCode> {
  const [word = 'status', ...rest] = invocation.words;
  const verb = Object.hasOwn(VERBS, word) ? VERBS[word] : undefined;
  if (verb === undefined) {
    throw new ChatStatsError('USAGE', `analysis takes one of ${Object.keys(VERBS).join(', ')}`);
  }
  return await verb(invocation, rest);
}

const VERBS: Record<string, Verb> = {
  status,
  passes,
  run: (invocation, words) => {
    if (words.length > 0) throw new ChatStatsError('USAGE', 'run takes no pass; backfill PASS does');
    return plan(invocation, 'run', null);
  },
  backfill: (invocation, words) => {
    const [pass, ...more] = words;
    if (pass === undefined || more.length > 0) throw new ChatStatsError('USAGE', 'backfill takes the name of one pass');
    return plan(invocation, 'backfill', [pass]);
  },
  cancel,
  allow,
};

type Status = { live: AnalysisState | null; passes: AnalysisCounts[]; plans: PlanLine[]; usage: UsageLine[] };

async function status(invocation: Invocation): Promise<ExitCode> {
  const { config } = invocation;
  const held = await withStore(config.db, (db) => ({
    passes: analysisCounts(db),
    plans: planLines(db, { limit: PLANS_SHOWN }),
    usage: usageLines(db, DAYS_SHOWN),
  }));
  const found: Status = { live: await ownersState(config.db), ...held };
  if (config.json) printJson(invocation, found);
  else print(invocation, statusLines(invocation, found));
  return EXIT.done;
}

/** What the process says that owns the store; null when there is none. */
async function ownersState(store: string): Promise<AnalysisState | null> {
  try {
    return await handOver(store, 'analysisState', {});
  } catch (error) {
    if (error instanceof ChatStatsError) return null;
    throw error;
  }
}

function statusLines({ world }: Invocation, { live, passes: counts, plans, usage }: Status): string[] {
  const { style } = terminalOf(world.stdout, world);
  const now =
    live?.isOn !== true
      ? 'nothing is analysed now; chatstats up, sync or analysis run does that'
      : live.pausedUntil !== null
        ? `paused until ${live.pausedUntil} at most (CHATSTATS_BULK_ANALYSIS_RUNNING)`
        : `going on: ${live.passes.map(({ name, version }) => `${name} ${version}`).join(', ')}`;
  const rows = counts.map(({ pass, kind, results, stale, open, queued, failed }) => {
    const of = [`${grouped(results)} results`, `${grouped(stale)} stale`, `${grouped(open + queued)} to come`];
    return [`${pass}, ${kind}`, [...of, `${grouped(failed)} failed`].join(', ')] as const;
  });
  return [
    style('bold', 'Analysis'),
    `  ${now}`,
    ...(rows.length === 0 ? ['  nothing has been analysed yet'] : pairs(rows)),
    ...(plans.length === 0
      ? []
      : [style('bold', 'Of what was said before'), ...plans.map((line) => `  ${shownPlan(line)}`)]),
    ...(usage.length === 0 ? [] : [style('bold', 'Used, by day')]),
    ...usage.map(
      ({ day, pass, tokens, cost }) =>
        `  ${day}  ${pass}  ${grouped(tokens)} tokens${cost === 0 ? '' : `, ${(cost / 1e6).toFixed(2)}`}`,
    ),
  ];
}

function shownPlan({ id, what, state, passes: named, total, done, failed }: PlanLine): string {
  const of = named.map(({ name }) => name).join(', ');
  const bad = failed === 0 ? '' : `, ${grouped(failed)} failed`;
  return `${id}  ${what} ${of}  ${state}: ${grouped(done)} of ${grouped(total)}${bad}`;
}

async function passes(invocation: Invocation): Promise<ExitCode> {
  const { config } = invocation;
  const args = await analysisArgs(invocation);
  const infos: PassInfo[] = args === null ? [] : (await loadPasses(args.passes)).map(({ info }) => info);
  if (config.json) printJson(invocation, { passes: infos });
  else if (infos.length === 0) note(invocation, 'no pass is on');
  else {
    print(
      invocation,
      infos.map(({ name, version, kinds, origin }) => `${name}  version ${version}  ${kinds.join(' and ')}  ${origin}`),
    );
    if (infos.every(({ name }) => name !== 'llm')) note(invocation, 'llm is off: --llm-url and --llm-model turn it on');
  }
  return EXIT.done;
}

async function plan(invocation: Invocation, what: 'run' | 'backfill', names: string[] | null): Promise<ExitCode> {
  const { config, world } = invocation;
  await withStore(config.db, () => undefined);
  const args = { what, passes: names, chat: config.chat, top: config.top, isDry: config.dryRun };
  const stop = new AbortController();
  using _interrupt = world.onInterrupt(() => stop.abort());
  const engine = await ownEngine(config.db);
  if (engine === null)
    return await follow(invocation, await handOver(config.db, 'analysisPlan', args), stop.signal, true);
  await using _engine = engine;
  using _problems = engine.on('problem', ({ code, text }) => warn(invocation, `${text} (${code})`));
  const settings = await analysisArgs(invocation);
  if (settings === null) throw new ChatStatsError('ANALYSIS_OFF', 'no pass is on');
  tellPause(invocation, settings);
  await engine.call('analyse', settings);
  return await follow(invocation, await engine.call('analysisPlan', args), stop.signal, false);
}

/** Null when another process has the store. */
async function ownEngine(store: string): Promise<Engine | null> {
  try {
    return await Engine.start({ store });
  } catch (error) {
    if (error instanceof ChatStatsError && error.code === 'STORE_OWNED') return null;
    throw error;
  }
}

type Planned = Calls['analysisPlan']['result'];

/** Waits for a plan to end, by what the store says of it. */
async function follow(
  invocation: Invocation,
  { plan: id, forecast }: Planned,
  signal: AbortSignal,
  isOwnersWork: boolean,
): Promise<ExitCode> {
  const { config, world } = invocation;
  if (id === null) {
    if (config.json) printJson(invocation, { plan: null, forecast });
    else {
      const { runs, conversations, messages, texts } = forecast;
      const tokens = Math.ceil(texts / TOKEN_CHARACTERS);
      print(invocation, [
        `${grouped(runs)} results would be made, of ${grouped(conversations)} conversations with ${grouped(messages)} messages (about ${grouped(tokens)} tokens of text)`,
      ]);
    }
    return EXIT.done;
  }
  let toldAt = world.clock.now();
  while (true) {
    const [line] = await withStore(config.db, (db) => planLines(db, { id, limit: 1 }));
    if (line === undefined) throw new ChatStatsError('STORE_NOT_FOUND', 'the store has been replaced by another');
    if (line.state === 'completed' || line.state === 'cancelled') return ended(invocation, line);
    if (signal.aborted) {
      const goesOn = isOwnersWork
        ? 'the process that owns the store goes on with it; "chatstats analysis cancel" ends it'
        : 'it goes on with the next "chatstats up", sync or analysis run; "chatstats analysis cancel" ends it';
      note(invocation, `${shownPlan(line)}; ${goesOn}`);
      return EXIT.cancelled;
    }
    if (world.clock.now() - toldAt >= TELL_MS) {
      toldAt = world.clock.now();
      note(invocation, shownPlan(line));
    }
    await pause(LOOK_MS, signal);
  }
}

function ended(invocation: Invocation, line: PlanLine): ExitCode {
  if (invocation.config.json) printJson(invocation, line);
  else print(invocation, [shownPlan(line)]);
  if (line.failed > 0) note(invocation, '"chatstats jobs" says what failed, and why');
  return line.state === 'cancelled' ? EXIT.cancelled : EXIT.done;
}

async function cancel(invocation: Invocation): Promise<ExitCode> {
  const { config } = invocation;
  await withStore(config.db, () => undefined);
  const result = await runOwned({ store: config.db, name: 'analysisCancel', args: {} });
  if (config.json) printJson(invocation, result);
  else print(invocation, [`${result.cancelled} cancelled`]);
  return EXIT.done;
}

/** Asks again whether conversations may be sent to the server of the language model. */
async function allow(invocation: Invocation): Promise<ExitCode> {
  const { config } = invocation;
  if (config.llmUrl === null || !URL.canParse(config.llmUrl)) {
    throw new ChatStatsError('USAGE', 'allow takes the address of a server, as --llm-url');
  }
  await withStore(config.db, () => undefined);
  const { origin } = new URL(config.llmUrl);
  const isGiven = await askConsent(invocation, origin);
  if (isGiven === null) throw new ChatStatsError('USAGE', 'allow asks a person, and there is no terminal here');
  const result = await runOwned({ store: config.db, name: 'analysisConsent', args: { origin, isGiven } });
  if (config.json) printJson(invocation, result);
  else print(invocation, [isGiven ? `conversations may be sent to ${origin}` : `nothing is sent to ${origin}`]);
  return EXIT.done;
}
