import { runOwned } from '../engine/index.ts';
import { ChatStatsError, EXIT, type ExitCode } from '../kernel/index.ts';
import { type SourceLine, sourceLines } from '../store/index.ts';
import { type Invocation, note, print, printJson } from './invocation.ts';
import { withStore } from './store-access.ts';

/** Where the history of a store comes from, and taking one of these away again. */
export async function run(invocation: Invocation): Promise<ExitCode> {
  const [what = 'list', ...words] = invocation.words;
  await withStore(invocation.config.db, () => undefined);
  if (what === 'list' && words.length === 0) return await list(invocation);
  if (what === 'remove' && words.length === 1) return await remove(invocation, words[0] ?? '');
  throw new ChatStatsError('USAGE', 'sources takes list, or remove and the number of a source');
}

async function list(invocation: Invocation): Promise<ExitCode> {
  const { config } = invocation;
  const sources = await withStore(config.db, (db) => sourceLines(db));
  if (config.json) printJson(invocation, { sources });
  else if (sources.length === 0) note(invocation, 'nothing has been imported yet');
  else print(invocation, sources.map(shownLine));
  return EXIT.done;
}

function shownLine({ id, kind, path, messages, alone, lastImportedAt }: SourceLine): string {
  const rows = `${messages} messages, ${alone} of them nowhere else`;
  return `${id}  ${kind}  ${path}  ${rows}, imported ${lastImportedAt}`;
}

async function remove(invocation: Invocation, word: string): Promise<ExitCode> {
  const { config, world } = invocation;
  if (!/^[1-9]\d{0,14}$/.test(word)) throw new ChatStatsError('USAGE', 'sources remove takes the number of a source');
  const abort = new AbortController();
  using _interrupt = world.onInterrupt(() => abort.abort());
  const args = { source: Number(word) };
  const result = await runOwned({ store: config.db, name: 'sourceRemove', args, signal: abort.signal });
  if (config.json) printJson(invocation, result);
  else {
    const { messagesRemoved, messagesChanged, chatsRemoved } = result;
    print(invocation, [
      `${messagesRemoved} messages and ${chatsRemoved} chats that only this source had are gone; ${messagesChanged} others say less`,
    ]);
  }
  return EXIT.done;
}
