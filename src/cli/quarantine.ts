import { runOwned } from '../engine/index.ts';
import { ChatStatsError, EXIT, type ExitCode } from '../kernel/index.ts';
import { type QuarantineLine, quarantineLines } from '../store/index.ts';
import { type Invocation, note, print, printJson } from './invocation.ts';
import { withStore } from './store-access.ts';

/** What is set aside, and what is to become of it. */
export async function run(invocation: Invocation): Promise<ExitCode> {
  const { words } = invocation;
  const [what = 'list', ...ids] = words;
  await withStore(invocation.config.db, () => undefined);
  switch (what) {
    case 'list':
      return await list(invocation);
    case 'retry':
      return await retry(invocation, idsOf(ids));
    case 'discard':
      return await discard(invocation, idsOf(ids));
    default:
      throw new ChatStatsError('USAGE', 'quarantine takes one of list, retry, discard');
  }
}

async function list(invocation: Invocation): Promise<ExitCode> {
  const { config } = invocation;
  const lines = await withStore(config.db, (db) => quarantineLines(db));
  if (config.json) printJson(invocation, { rows: lines });
  else if (lines.length === 0) note(invocation, 'nothing is set aside');
  else print(invocation, lines.map(shownLine));
  return EXIT.done;
}

const REASONS: Record<string, string> = {
  no_chat: 'is in no chat (yet)',
  body_undecodable: 'has a body that could not be decoded; the message is there with what could be read of it',
  row_unreadable: 'says too little of itself to be a message',
  guid_repeated: 'has the guid of another row',
};

function shownLine({ id, reason, state, guid, firstSeenAt }: QuarantineLine): string {
  return `${id}  ${state}  since ${firstSeenAt}  ${guid}  ${REASONS[reason] ?? reason}`;
}

async function retry(invocation: Invocation, ids: number[] | 'all'): Promise<ExitCode> {
  const { config } = invocation;
  const result = await runOwned({ store: config.db, name: 'quarantineRetry', args: { ids } });
  if (config.json) printJson(invocation, result);
  else print(invocation, [`${result.retried} tried again, ${result.resolved} of them have left quarantine`]);
  return EXIT.done;
}

async function discard(invocation: Invocation, ids: number[] | 'all'): Promise<ExitCode> {
  const { config } = invocation;
  const result = await runOwned({ store: config.db, name: 'quarantineDiscard', args: { ids } });
  if (config.json) printJson(invocation, result);
  else print(invocation, [`${result.discarded} discarded`]);
  return EXIT.done;
}

function idsOf(words: readonly string[]): number[] | 'all' {
  if (words.length === 0) throw new ChatStatsError('USAGE', 'name the numbers that "quarantine list" shows, or all');
  if (words.length === 1 && words[0] === 'all') return 'all';
  return words.map((word) => {
    if (!/^[1-9]\d{0,14}$/.test(word))
      throw new ChatStatsError('USAGE', 'a number, or all, is expected after the verb');
    return Number(word);
  });
}
