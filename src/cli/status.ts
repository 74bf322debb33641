import { EXIT, type ExitCode } from '../kernel/index.ts';
import { type StoreStatus, storeStatus } from '../store/index.ts';
import { type Invocation, print, printJson } from './invocation.ts';
import { withStore } from './store-access.ts';
import { bytes, grouped, pairs, terminalOf } from './terminal.ts';

export async function run(invocation: Invocation): Promise<ExitCode> {
  const { config } = invocation;
  const status = await withStore(config.db, (db) => storeStatus(db, config.db));
  if (config.json) printJson(invocation, status);
  else print(invocation, statusLines(invocation, status));
  return EXIT.done;
}

function statusLines({ world }: Invocation, status: StoreStatus): string[] {
  const { style } = terminalOf(world.stdout, world);
  const { waiting, complete } = status.searchIndex;
  const index = complete ? 'complete' : `${grouped(waiting)} messages to go; the next search goes on with it`;
  const setAside = status.quarantine.filter(({ state }) => state !== 'resolved');
  const gap = status.gapMinutes === null ? 'none yet' : `${status.gapMinutes} minutes`;
  return [
    style('bold', 'Store'),
    ...pairs([
      ['file', `${status.file} (${bytes(status.bytes)}, schema ${status.schemaVersion})`],
      ['last import', status.lastImportAt ?? 'none'],
      ['conversation gap', gap],
      ['search index', index],
    ]),
    style('bold', 'Sources'),
    ...status.sources.map((source) => `  ${source.path} (last read ${source.lastImportedAt})`),
    style('bold', 'Content'),
    ...pairs(Object.entries(status.counts)),
    ...(setAside.length === 0 ? [] : [style('bold', 'Set aside')]),
    ...pairs(setAside.map(({ reason, state, rows }) => [`${reason} (${state})`, rows] as const)),
  ];
}
