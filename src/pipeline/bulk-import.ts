import { breathe } from '../kernel/index.ts';
import {
  addSource,
  carryOver,
  type Destination,
  type FreshConversation,
  finishAside,
  openAside,
  promoteAside,
  removeAside,
  removeRepeatedGuids,
  settleAllReactions,
  writeAttachmentJoins,
  writeChatDates,
  writeConversations,
} from '../load/index.ts';
import { appendEvent } from '../outbox/index.ts';
import { DESTINATION } from '../transform/index.ts';
import type { ImportOptions, ImportResult } from './options.ts';
import { recordImport, recordServices, sourceRecord } from './record.ts';
import { attachSource, SourceRun } from './source-run.ts';
import { splitFresh } from './split.ts';
import type { Stopwatch } from './stopwatch.ts';

const OWN_TABLES: Destination = {
  messages: 'messages',
  reactions: 'reactions',
  votes: 'poll_votes',
  attachments: 'attachments',
  edits: 'message_edits',
  keepIds: true,
};

/**
 * The first import: everything is decided before it is inserted, into a store built aside that takes the store's place
 * when it is complete. Leaves nothing behind when it fails or is cancelled.
 */
export async function bulkImport(options: ImportOptions, watch: Stopwatch): Promise<ImportResult> {
  const db = openAside(options.store);
  try {
    carryOver(db, options.store);
    const attached = attachSource(db, options);
    watch.lap('open');
    db.exec('BEGIN');
    const sourceId = addSource(db, sourceRecord(options));
    appendEvent(db, { type: 'import_started', atMs: options.clock.now(), data: { sourceId, bulk: true } });
    const run = new SourceRun(db, options, sourceId, (stage) => watch.lap(stage));
    const { conversations, dates } = splitFresh(run.placements, options.gapMs, (rowid, conversation) =>
      run.context.conversationOf.set(rowid, conversation),
    );
    const contact = new Int32Array(conversations.length + 1);
    run.context.initiators = { firstMessage: firstMessages(conversations), contact };
    watch.lap('split');

    // Our ids are the source's row ids here, so that nothing has to be looked up.
    const messageId = (rowid: number) => (run.context.destinationOf.get(rowid) === DESTINATION.messages ? rowid : null);
    await run.copyRows(OWN_TABLES);
    watch.lap('messages');
    run.copyAttachments(OWN_TABLES);
    writeAttachmentJoins(db, run.lookUps.attachments, run.attachmentOrder, messageId, (rowid) => rowid);
    settleAllReactions(db);
    watch.lap('attachments');
    writeConversations(db, conversations, contact, { gapMs: options.gapMs, nowMs: options.clock.now() });
    writeChatDates(db, dates);
    recordServices(db, run.placements);
    run.quarantine();
    recordImport(db, run);
    appendEvent(db, {
      type: 'import_completed',
      atMs: options.clock.now(),
      data: { sourceId, bulk: true, rows: run.placements.count },
    });
    db.exec('COMMIT');
    attached[Symbol.dispose]();
    watch.lap('conversations');

    options.onProgress({ stage: 'indexes', done: 0, total: 0 });
    await breathe();
    finishAside(db, (table) => removeRepeatedGuids(db, table));
    db.close();
    watch.lap('indexes');
    options.onProgress({ stage: 'check', done: 0, total: 0 });
    await breathe();
    promoteAside(options.store);
    watch.lap('check');
    return { renewed: run.renewed, rows: run.placements.count, problems: run.lookUps.problems };
  } catch (error) {
    db.close();
    removeAside(options.store);
    throw error;
  }
}

/** The first message of each conversation, by the conversation's id. */
function firstMessages(conversations: readonly FreshConversation[]): Float64Array {
  const rowids = new Float64Array(conversations.length + 1);
  for (const { id, firstMessage } of conversations) rowids[id] = firstMessage;
  return rowids;
}
