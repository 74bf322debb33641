import { accessSync, constants } from 'node:fs';
import { ChatStatsError } from '../kernel/index.ts';
import { needsCopy } from '../sqlite/index.ts';
import { type Finding, failed, type Look, megabytes, ok, skipped, warning } from './check.ts';
import { sourceFailure } from './explain.ts';
import type { ExamineOptions } from './options.ts';
import type { SourceView } from './source-view.ts';

/** Of a file that can be read, these say that it is no database of Messages. */
const NOT_OURS = ['SOURCE_NOT_MESSAGES', 'SOURCE_NOT_DATABASE', 'SOURCE_ENCRYPTED'];
const UNREAD = 'the database could not be read';

export function sourceLooks(options: ExamineOptions, program: string, view: SourceView | null): Look[] {
  const failure = (error: unknown) => sourceFailure(error, { ...options, program });
  return [
    { id: 'source', title: "Messages' database", look: () => readable(view, failure) },
    { id: 'source-schema', title: 'Its schema', look: () => schema(view, failure) },
    { id: 'source-log', title: 'Its log', look: () => log(view, options) },
  ];
}

function readable(view: SourceView | null, failure: (error: unknown) => Finding): Finding {
  if (view === null) {
    return skipped('no source was named, this is not a Mac, and no store remembers one; name it with --source');
  }
  const { problem, file, backup } = view;
  if (backup !== null && problem === null) return ok(`${backup.folder}: ${kindOf(backup)} (${megabytes(view.bytes)})`);
  if (problem === null || (isKnown(problem) && NOT_OURS.includes(problem.code))) {
    return ok(`${file?.path} (${megabytes(view.bytes)})`);
  }
  const isGone = isKnown(problem) && problem.code === 'SOURCE_NOT_FOUND';
  if (!isGone || !view.isRemembered) return failure(problem);
  // An old phone, a backup that was thrown away: the store holds all that was read of it.
  return warning(
    `${problem.message}, from where this store was read last`,
    'If it was moved, name it: chatstats sync --source PATH. What was read of it is in the store.',
  );
}

/** "a backup of iOS 17.4, made 2026-02-28, encrypted" */
function kindOf({ ios, madeAt, encrypted }: NonNullable<SourceView['backup']>): string {
  const made = madeAt === null ? '' : `, made ${new Date(madeAt).toISOString().slice(0, 10)}`;
  return `a backup${ios === null ? '' : ` of iOS ${ios}`}${made}${encrypted ? ', encrypted' : ''}`;
}

function schema(view: SourceView | null, failure: (error: unknown) => Finding): Finding {
  if (view?.backup?.encrypted === true && view.problem === null) {
    return skipped('it is encrypted: an import asks for its password, and so does chatstats verify');
  }
  if (view?.generation != null) return ok(`its tables are those of ${view.generation}`);
  const problem = view?.problem;
  if (isKnown(problem) && NOT_OURS.includes(problem.code)) return failure(problem);
  return skipped(UNREAD);
}

function log(view: SourceView | null, { machine }: ExamineOptions): Finding {
  if (view === null || view.file === null) return skipped(UNREAD);
  if (view.backup !== null) return ok('a backup does not change: there is nothing to follow');
  const { walBytes, shmBytes } = view.log;
  const { path: file } = view.file;
  const unreadable = [
    ...(walBytes !== null && !mayRead(`${file}-wal`) ? ['-wal'] : []),
    ...(shmBytes !== null && !mayRead(`${file}-shm`) ? ['-shm'] : []),
  ];
  if (unreadable.length > 0) {
    const remedy =
      machine.platform === 'darwin'
        ? 'It is allowed together with the database: see the first line.'
        : 'Give the user that runs ChatStats read access to it as to the database.';
    return failed(`${unreadable.join(' and ')} may not be read: what was written last would be missing`, remedy);
  }
  if (view.journal === null) return skipped(UNREAD);
  if (view.journal !== 'wal') return ok(`it keeps no log beside it (journal mode ${view.journal})`);
  if (needsCopy(file, view.file))
    return ok('it stands still, with changes in its -wal: both are read from a private copy');
  if (walBytes === null) return ok('there is no -wal: no program has it open at this moment, or it is a copy');
  const size = walBytes === 0 ? 'empty' : megabytes(walBytes);
  return ok(`-wal (${size})${shmBytes === null ? '; SQLite makes the -shm when it is read' : ' and -shm are there'}`);
}

function isKnown(problem: unknown): problem is ChatStatsError {
  return problem instanceof ChatStatsError;
}

function mayRead(file: string): boolean {
  try {
    accessSync(file, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}
