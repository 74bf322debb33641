import path from 'node:path';
import { isOnThisMachine, type LlmSettings, type PassSettings } from '../analysis/index.ts';
import type { AnalysisArgs, Engine } from '../engine/index.ts';
import { ChatStatsError } from '../kernel/index.ts';
import { llmConsent } from '../store/index.ts';
import { type Invocation, note, warn } from './invocation.ts';
import { withStore } from './store-access.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const MILLIONTHS = 1_000_000;
/** A live pass waits no longer than so many times its pause while more is said. */
const MOST_PAUSES = 12;

/** What is analysed as the settings say; null when nothing is. Asks about a server that is another machine, once. */
export async function analysisArgs(invocation: Invocation): Promise<AnalysisArgs | null> {
  const { config, world } = invocation;
  if (config.analysis === 'none') return null;
  const names = config.analysis?.split(',').map((name) => name.trim()) ?? null;
  const { llm, consent } = await llmSettings(invocation);
  const liveAfterMs = config.liveAnalysisSeconds * SECOND_MS;
  const pauseMs = config.bulkAnalysisMinutes * MINUTE_MS;
  const passes: PassSettings = { module: config.passes === null ? null : path.resolve(config.passes), names, llm };
  return {
    passes,
    consent,
    redisUrl: config.redisUrl,
    takesJobs: config.redisUrl === null || config.jobsHere,
    pausedUntilMs: config.bulkAnalysisRunning ? world.clock.now() + pauseMs : null,
    liveAfterMs,
    liveMostMs: liveAfterMs * MOST_PAUSES,
  };
}

/**
 * Begins to analyse beside whatever else the engine does, and again whenever it is started again. What keeps it from that
 * is told, and keeps nothing else from going on. `onBegun` is called each time that it has begun.
 */
export async function analyseMeanwhile(
  invocation: Invocation,
  engine: Engine,
  onBegun: () => void = () => undefined,
): Promise<Disposable> {
  const args = await analysisArgs(invocation);
  if (args === null) return { [Symbol.dispose]: () => undefined };
  const begin = async () => {
    try {
      await engine.call('analyse', args);
      onBegun();
    } catch (error) {
      if (!(error instanceof ChatStatsError)) throw error;
      if (error.code !== 'CANCELLED') warn(invocation, `conversations are not analysed: ${error.message}`);
    }
  };
  tellPause(invocation, args);
  const again = engine.onRestart(begin);
  await begin();
  return again;
}

export function tellPause(invocation: Invocation, { pausedUntilMs }: AnalysisArgs): void {
  if (pausedUntilMs === null) return;
  const until = new Date(pausedUntilMs).toISOString();
  note(invocation, `analysis is paused until ${until} at most, because CHATSTATS_BULK_ANALYSIS_RUNNING says so`);
}

type Llm = { llm: LlmSettings | null; consent: AnalysisArgs['consent'] };
const OFF: Llm = { llm: null, consent: null };

async function llmSettings(invocation: Invocation): Promise<Llm> {
  const { config, world } = invocation;
  const { llmUrl: url, llmModel: model } = config;
  if (url === null && model === null) return OFF;
  if (url === null || model === null) {
    warn(invocation, 'the pass llm is off: it takes both --llm-url and --llm-model');
    return OFF;
  }
  checkUrl(url);
  const millionths = (amount: number | null) => (amount === null ? null : Math.round(amount * MILLIONTHS));
  const key = world.env.CHATSTATS_LLM_KEY?.trim() ?? '';
  const llm: LlmSettings = {
    url,
    model,
    key: key === '' ? null : key,
    mostInputTokens: config.llmInputTokens,
    mostOutputTokens: config.llmOutputTokens,
    requestsPerMinute: config.llmRequestsPerMinute,
    inputPrice: millionths(config.llmInputPrice) ?? 0,
    outputPrice: millionths(config.llmOutputPrice) ?? 0,
    tokensPerDay: config.llmTokensPerDay,
    costPerDay: millionths(config.llmCostPerDay),
    timeoutMs: config.llmTimeoutSeconds * SECOND_MS,
    isStreaming: config.llmStream,
  };
  if (isOnThisMachine(url)) return { llm, consent: null };
  return await withConsent(invocation, llm);
}

function checkUrl(url: string): void {
  const { protocol, username, password } = URL.canParse(url) ? new URL(url) : new URL('none:');
  if (protocol !== 'http:' && protocol !== 'https:')
    throw new ChatStatsError('USAGE', '--llm-url is no address of http or https');
  if (username !== '' || password !== '') {
    throw new ChatStatsError('USAGE', '--llm-url holds a password, which others could read: use CHATSTATS_LLM_KEY');
  }
}

/** What people said to each other leaves the machine only after its owner has said so, once, in words. */
async function withConsent(invocation: Invocation, llm: LlmSettings): Promise<Llm> {
  const { origin } = new URL(llm.url);
  const known = await storedConsent(invocation, origin);
  if (known === true) return { llm, consent: null };
  if (known === false) {
    note(invocation, `the pass llm is off: you said no to ${origin}; "chatstats analysis allow" asks again`);
    return OFF;
  }
  const isGiven = await askConsent(invocation, origin);
  if (isGiven === null) {
    warn(invocation, `the pass llm is off until you agree, at a terminal, that conversations are sent to ${origin}`);
    return OFF;
  }
  return { llm: isGiven ? llm : null, consent: { origin, isGiven } };
}

/** Null where there is nobody to ask. */
export async function askConsent({ world }: Invocation, origin: string): Promise<boolean | null> {
  const question = [
    `The pass llm sends what was said in your conversations, with the names of people, to ${origin}.`,
    'That server is not this machine: whoever runs it can read all of it.',
    'Send conversations there? Type yes or no: ',
  ].join('\n');
  const answer = (await world.ask(question))?.trim().toLowerCase() ?? null;
  return answer === null ? null : answer === 'yes';
}

async function storedConsent({ config }: Invocation, origin: string): Promise<boolean | null> {
  try {
    return await withStore(config.db, (db) => llmConsent(db, origin));
  } catch (error) {
    if (error instanceof ChatStatsError && error.code === 'STORE_NOT_FOUND') return null;
    throw error;
  }
}
