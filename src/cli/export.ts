import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ChatStatsError, EXIT, type ExitCode } from '../kernel/index.ts';
import { EXPORT_KINDS, type ExportKind, exportLines, unifiedChatLines } from '../store/index.ts';
import { type CsvKind, csvHeader, csvRows } from './csv.ts';
import type { Invocation } from './invocation.ts';
import { withStore } from './store-access.ts';

/** Lines are written in pieces of about this many characters: few system calls, little memory. */
const PIECE_CHARACTERS = 65_536;
/** As many lines are turned to CSV at a time. */
const CSV_LINES = 50;

export async function run({ world, config, flags, words }: Invocation): Promise<ExitCode> {
  const kind = kindOf(words[0]);
  if (config.format === 'csv' && flags.json !== undefined) {
    throw new ChatStatsError('USAGE', '--json and --format csv contradict each other');
  }
  if (config.unified && kind !== 'chats') throw new ChatStatsError('USAGE', '--unified is about chats');
  await withStore(config.db, async (db) => {
    const lines = config.unified ? unifiedChatLines(db) : exportLines(db, kind);
    const csvKind = config.unified ? 'unifiedChats' : kind;
    const pieces = config.format === 'csv' ? csvPieces(csvKind, lines) : jsonPieces(lines);
    // One piece is read when the last one has been taken, however slowly that is.
    await pipeline(Readable.from(pieces, { highWaterMark: 1 }), world.stdout, { end: false });
  });
  return EXIT.done;
}

function kindOf(word: string | undefined): ExportKind {
  const kind = EXPORT_KINDS.find((known) => known === word);
  if (kind !== undefined) return kind;
  throw new ChatStatsError('USAGE', `export takes one of ${EXPORT_KINDS.join(', ')}`);
}

function* jsonPieces(lines: Iterable<object>): Generator<string> {
  let piece = '';
  for (const line of lines) {
    piece += `${JSON.stringify(line)}\n`;
    if (piece.length < PIECE_CHARACTERS) continue;
    yield piece;
    piece = '';
  }
  if (piece !== '') yield piece;
}

function* csvPieces(kind: CsvKind, lines: Iterable<object>): Generator<string> {
  yield csvHeader(kind);
  let batch: object[] = [];
  for (const line of lines) {
    batch.push(line);
    if (batch.length < CSV_LINES) continue;
    yield csvRows(kind, batch);
    batch = [];
  }
  if (batch.length > 0) yield csvRows(kind, batch);
}
