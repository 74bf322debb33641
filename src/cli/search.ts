import { breathe, ChatStatsError, EXIT, type ExitCode } from '../kernel/index.ts';
import { extendSearchIndex, ownStore } from '../load/index.ts';
import { openStoreForWriting, type SearchHit, searchMessages } from '../store/index.ts';
import { type Invocation, note, print, printJson } from './invocation.ts';
import { withStore } from './store-access.ts';
import { columnsOf, cut, shown, type Terminal, terminalOf } from './terminal.ts';

/** Rows indexed in one transaction: short enough that other readers and Ctrl-C never wait long. */
const INDEX_ROWS = 20_000;
/** After this, the person is told what is going on. */
const PATIENCE_MS = 500;
/** How much of a message is shown before its first match, in UTF-16 units. */
const LEAD = 24;

export async function run(invocation: Invocation): Promise<ExitCode> {
  const { config, words, world } = invocation;
  const text = words.join(' ').trim();
  if (text === '') throw new ChatStatsError('USAGE', 'search takes a text to look for');
  // A store that is not there, or not ours, is told before anything is made beside it.
  await withStore(config.db, () => undefined);
  await completeIndex(invocation);
  const options = { limit: config.limit, ...(config.chat === null ? {} : { chat: config.chat }) };
  const hits = await withStore(config.db, (db) => searchMessages(db, text, options));
  if (config.json) {
    printJson(invocation, { hits });
    return EXIT.done;
  }
  const terminal = terminalOf(world.stdout, world);
  const moment = momentFormat(world.timeZone);
  print(
    invocation,
    hits.flatMap((hit) => hitLines(hit, terminal, moment)),
  );
  if (hits.length === 0) note(invocation, 'nothing found');
  if (hits.length === config.limit) note(invocation, `the first ${config.limit} are shown; --limit shows more`);
  return EXIT.done;
}

/** Indexes what no search has seen yet, when this process may write; another's store is searched as far as it is indexed. */
async function completeIndex(invocation: Invocation): Promise<void> {
  const { config, world } = invocation;
  const owner = ownerOf(config.db);
  if (owner === null) return;
  using _owner = owner;
  using db = openStoreForWriting(config.db);
  const abort = new AbortController();
  using _interrupt = world.onInterrupt(() => abort.abort());
  const startedAt = world.clock.now();
  let told = false;
  while (!extendSearchIndex(db, { maxRows: INDEX_ROWS }).done) {
    await breathe();
    if (abort.signal.aborted) throw new ChatStatsError('CANCELLED', 'the search was cancelled');
    if (told || world.clock.now() - startedAt < PATIENCE_MS) continue;
    told = true;
    note(invocation, 'completing the search index; the next search will not have to');
  }
}

/** The right to write, or null when another process has it, or when the store's folder is not ours to write in. */
function ownerOf(store: string): Disposable | null {
  try {
    return ownStore(store);
  } catch (error) {
    if (error instanceof ChatStatsError && (error.code === 'STORE_OWNED' || error.code === 'STORE_NO_PERMISSION')) {
      return null;
    }
    throw error;
  }
}

/** "2024-03-01 18:22", in the machine's own zone. */
function momentFormat(timeZone: string): (iso: string | null) => string {
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'short' });
  return (iso) => (iso === null ? 'no date' : format.format(new Date(iso)));
}

function hitLines(hit: SearchHit, terminal: Terminal, moment: (iso: string | null) => string): string[] {
  const where = hit.chat === hit.sender ? [] : [shown(hit.chat)];
  const heading = [moment(hit.sentAt), ...where, shown(hit.sender ?? 'unknown')].join(' · ');
  return [terminal.style('dim', heading), `  ${excerpt(hit, terminal)}`];
}

/** The part of the text around its first match, on one line, with the matches marked where marks can be seen. */
function excerpt({ text, highlights }: SearchHit, terminal: Terminal): string {
  const whole = text ?? '';
  const first = highlights[0]?.[0] ?? 0;
  const from = first <= LEAD ? 0 : startOfCharacter(whole, first - LEAD);
  let room = terminal.columns - 4;
  let line = from > 0 ? '…' : '';
  let at = from;
  const add = (piece: string, mark: boolean) => {
    const safe = shown(piece);
    if (room <= 0) return;
    const kept = cut(safe, room);
    room -= columnsOf(kept);
    if (kept !== safe) room = 0;
    line += mark ? terminal.style('mark', kept) : kept;
  };
  for (const [start, length] of highlights) {
    if (start < at) continue;
    add(whole.slice(at, start), false);
    add(whole.slice(start, start + length), true);
    at = start + length;
  }
  add(whole.slice(at), false);
  return line;
}

/** Moves forward out of the middle of a surrogate pair. */
function startOfCharacter(text: string, at: number): number {
  const unit = text.charCodeAt(at);
  return unit >= 0xdc00 && unit <= 0xdfff ? at + 1 : at;
}
