import { runOwned } from '../engine/index.ts';
import { ChatStatsError, EXIT, type ExitCode } from '../kernel/index.ts';
import { type Invocation, print, printJson } from './invocation.ts';
import { withStore } from './store-access.ts';

/** Seals the active conversations of one chat now, due or not. */
export async function run(invocation: Invocation): Promise<ExitCode> {
  const { config, words } = invocation;
  const chat = words.join(' ').trim();
  if (chat === '') throw new ChatStatsError('USAGE', 'seal takes a chat, by its id or its identifier');
  await withStore(config.db, () => undefined);
  const result = await runOwned({ store: config.db, name: 'seal', args: { chat } });
  if (config.json) printJson(invocation, result);
  else print(invocation, [`${result.sealed} ${result.sealed === 1 ? 'conversation' : 'conversations'} sealed`]);
  return EXIT.done;
}
