/**
 * What runs in the second thread of a large first import: one task, then it is done. It writes nothing but its file
 * aside, and reads Apple's file in short snapshots, as the first thread does.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { must, systemClock } from '../kernel/index.ts';
import { openSecondAside } from '../load/index.ts';
import { probeSchema } from '../sources/messages/index.ts';
import { SqliteError } from '../sqlite/index.ts';
import { RowContext } from '../transform/index.ts';
import { SNAPSHOT_LIMIT_MS } from './options.ts';
import type { SecondThreadMessage, SecondThreadTask } from './second-thread.ts';
import { SliceCopier } from './slice-copier.ts';
import { APPLE, attachSource } from './source-run.ts';

const port = must(parentPort, 'this file is the entry of a worker thread');
const tell = (message: SecondThreadMessage) => port.postMessage(message);

try {
  work(workerData as SecondThreadTask);
} catch (error) {
  // Errors of SQLite name statements, never values.
  const text = error instanceof Error ? error.message : 'unknown';
  tell({ type: 'failed', text, code: error instanceof SqliteError ? error.code : null });
}

function work(task: SecondThreadTask): void {
  using db = openSecondAside(task.aside);
  using _source = attachSource(db, task);
  const context = RowContext.from(task.context);
  const schema = probeSchema(db, APPLE, task.source.path);
  const copier = new SliceCopier(db, schema, context, task.sourceId, {
    messages: 'messages',
    edits: 'message_edits',
    keepIds: true,
  });
  db.exec('BEGIN');
  db.value(`SELECT 1 FROM ${APPLE}.message LIMIT 1`);
  tell({ type: 'snapshot' });
  let snapshotAt = systemClock.now();
  let renewed = false;
  for (const slice of task.slices) {
    copier.copy(slice);
    tell({ type: 'copied', rows: slice.rows });
    if (systemClock.now() - snapshotAt < (task.snapshotLimitMs ?? SNAPSHOT_LIMIT_MS)) continue;
    db.exec('COMMIT; BEGIN');
    snapshotAt = systemClock.now();
    renewed = true;
  }
  db.exec('COMMIT');
  const initiators = must(context.initiators, 'the task names the first messages').contact;
  tell({ type: 'done', findings: copier.findings, initiators, renewed });
}
