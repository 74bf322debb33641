import { type JobKind, MOST_PAYLOAD_BYTES } from '../jobs/index.ts';
import type { ConversationState, Transcript } from '../model/index.ts';
import type { Database } from '../sqlite/index.ts';
import { transcriptOf } from '../store/index.ts';
import { contentFingerprint } from './fingerprint.ts';
import type { LoadedPass } from './load-passes.ts';
import type { Usage } from './pass.ts';

/** What a target is about, as it is now. `transcript` is null where it is too long to travel in a job. */
export type Prepared = {
  chat: number;
  state: ConversationState;
  fingerprint: string;
  transcript: Transcript | null;
  estimate: Usage;
};

export type Wanted = { conversation: number; pass: string; kind: JobKind };

const NOTHING: Usage = { tokens: 0, cost: 0 };

/** Reads what targets are about; null for conversations that are no more. Only reads. */
export function prepare(db: Database, wanted: readonly Wanted[], passes: readonly LoadedPass[]): (Prepared | null)[] {
  const read = new Map<number, Prepared | null>();
  return wanted.map(({ conversation, pass: name }) => {
    if (!read.has(conversation))
      read.set(
        conversation,
        db.snapshot(() => preparedOf(db, conversation)),
      );
    const prepared = read.get(conversation) ?? null;
    const loaded = passes.find(({ pass }) => pass.name === name);
    if (prepared?.transcript == null || loaded === undefined) return prepared;
    return { ...prepared, estimate: estimateOf(loaded, prepared.transcript) };
  });
}

function preparedOf(db: Database, conversation: number): Prepared | null {
  const transcript = transcriptOf(db, conversation);
  if (transcript === null) return null;
  const state = db.value<ConversationState>('SELECT state FROM conversations WHERE id = ?', conversation) ?? 'active';
  const fingerprint = contentFingerprint(transcript);
  // Some room for what else a job holds.
  const isTooLong = Buffer.byteLength(JSON.stringify(transcript)) > MOST_PAYLOAD_BYTES * 0.95;
  return { chat: transcript.chatId, state, fingerprint, transcript: isTooLong ? null : transcript, estimate: NOTHING };
}

/** A pass that cannot say it has said it: whatever goes wrong shows when it is run. */
function estimateOf({ pass }: LoadedPass, transcript: Transcript): Usage {
  try {
    const input = pass.input(transcript);
    if (input === null) return NOTHING;
    const { tokens, cost } = pass.estimate?.(input) ?? NOTHING;
    return { tokens: Math.max(0, Math.ceil(tokens)), cost: Math.max(0, Math.ceil(cost)) };
  } catch {
    return NOTHING;
  }
}
