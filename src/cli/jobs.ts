import { runOwned } from '../engine/index.ts';
import { ChatStatsError, EXIT, type ExitCode } from '../kernel/index.ts';
import { type JobLine, jobLines } from '../store/index.ts';
import { type Invocation, note, print, printJson, warn } from './invocation.ts';
import { liveStatus, withStore } from './store-access.ts';

/** Jobs are many; whoever wants them all asks for JSON. */
const SHOWN = 100;

/** Jobs of analysis, and what is to become of those that failed. */
export async function run(invocation: Invocation): Promise<ExitCode> {
  const { config, words } = invocation;
  const [what = 'list', ...ids] = words;
  await withStore(config.db, () => undefined);
  switch (what) {
    case 'list':
      return await list(invocation);
    case 'retry':
      return await retry(invocation, idsOf(ids));
    case 'discard':
      return await discard(invocation, idsOf(ids));
    default:
      throw new ChatStatsError('USAGE', 'jobs takes one of list, retry, discard');
  }
}

async function list(invocation: Invocation): Promise<ExitCode> {
  const { config } = invocation;
  const [failed, others] = await withStore(config.db, (db) => [
    jobLines(db, { states: ['failed'] }),
    jobLines(db, { states: ['queued', 'started'] }),
  ]);
  if (config.json) printJson(invocation, { jobs: [...failed, ...others] });
  else if (failed.length + others.length === 0) note(invocation, 'no job waits, and none has failed');
  else {
    print(invocation, [...failed, ...others].slice(0, SHOWN).map(shownLine));
    const left = failed.length + others.length - SHOWN;
    if (left > 0) note(invocation, `and ${left} more; --json lists them all`);
  }
  // Jobs wait then, and nothing about them says why.
  const redis = (await liveStatus(config.db))?.redis ?? null;
  if (redis !== null && !redis.isConnected)
    warn(invocation, redis.problems.at(-1)?.text ?? 'Redis is not connected yet');
  return EXIT.done;
}

function shownLine({ id, state, pass, kind, conversationId, attempts, failure }: JobLine): string {
  const why = failure === null ? '' : `  after ${attempts} tries: ${failure.reason} (${failure.code})`;
  return `${id}  ${state}  ${pass} ${kind}  conversation ${conversationId}${why}`;
}

async function retry(invocation: Invocation, ids: number[] | 'all'): Promise<ExitCode> {
  const { config } = invocation;
  const result = await runOwned({ store: config.db, name: 'jobsRetry', args: { ids } });
  if (config.json) printJson(invocation, result);
  else {
    const { retried, replaced } = result;
    const rest = replaced === 0 ? '' : `; of ${replaced} the conversation has said something else since`;
    print(invocation, [`${retried} tried again when conversations are analysed next${rest}`]);
  }
  return EXIT.done;
}

async function discard(invocation: Invocation, ids: number[] | 'all'): Promise<ExitCode> {
  const { config } = invocation;
  const result = await runOwned({ store: config.db, name: 'jobsDiscard', args: { ids } });
  if (config.json) printJson(invocation, result);
  else print(invocation, [`${result.discarded} discarded`]);
  return EXIT.done;
}

function idsOf(words: readonly string[]): number[] | 'all' {
  if (words.length === 0) throw new ChatStatsError('USAGE', 'name the numbers that "jobs list" shows, or all');
  if (words.length === 1 && words[0] === 'all') return 'all';
  return words.map((word) => {
    if (!/^[1-9]\d{0,14}$/.test(word))
      throw new ChatStatsError('USAGE', 'a number, or all, is expected after the verb');
    return Number(word);
  });
}
