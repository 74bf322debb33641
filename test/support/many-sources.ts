import path from 'node:path';
import fc from 'fast-check';
import { fixedClock } from '../../src/kernel/index.ts';
import { removeSource } from '../../src/pipeline/index.ts';
import { actions, type Generation } from '../../src/simulator/index.ts';
import { openStoreForReading } from '../../src/store/index.ts';
import { NOW_MS, runImport } from './fixture.ts';
import { ANN, BOB, liveMessages } from './live-messages.ts';

const MINUTE = 60_000;
const START = NOW_MS - 400 * 24 * 60 * MINUTE;
export const GENERATIONS: readonly Generation[] = ['macos-26', 'ios-17', 'macos-13'];

/** What one source knows of a message. */
type Fate = {
  isThere: boolean;
  text: 'same' | 'edited' | 'edited again' | 'unsent';
  readAfter: number | null;
  isDeleted: boolean;
  reaction: number | null;
  hasAttachment: boolean;
};

export type SharedMessage = {
  chat: 'direct' | 'group';
  from: 'me' | 'ann' | 'bob';
  afterMinutes: number;
  fates: Fate[];
};

const fate: fc.Arbitrary<Fate> = fc.record({
  isThere: fc.boolean(),
  text: fc.constantFrom('same', 'same', 'edited', 'edited again', 'unsent'),
  readAfter: fc.option(fc.integer({ min: 1, max: 3 }), { nil: null }),
  isDeleted: fc.integer({ min: 0, max: 4 }).map((n) => n === 0),
  reaction: fc.option(fc.constantFrom(2000, 2001, 2003), { nil: null, freq: 2 }),
  hasAttachment: fc.integer({ min: 0, max: 3 }).map((n) => n === 0),
});

export const sharedMessages: fc.Arbitrary<SharedMessage[]> = fc.array(
  fc.record({
    chat: fc.constantFrom('direct', 'group'),
    from: fc.constantFrom('me', 'ann', 'bob'),
    afterMinutes: fc.constantFrom(1, 30, 80, 95),
    fates: fc.tuple(fate, fate, fate),
  }),
  { minLength: 1, maxLength: 8 },
);

/** What the last that a source heard of the group was. */
export type GroupFate = { name: string | null; hasLeft: boolean };

export const groupFates: fc.Arbitrary<GroupFate[]> = fc.array(
  fc.record({ name: fc.constantFrom(null, 'Holidays', 'Football'), hasLeft: fc.boolean() }),
  { minLength: 3, maxLength: 3 },
);

/** Writes one file per source: the same people, chats and guids, each with what that source knows. Answers the files. */
export function writeSources(
  folder: string,
  messages: readonly SharedMessage[],
  groups: readonly GroupFate[] = [],
): string[] {
  return GENERATIONS.map((generation, source) => {
    const file = path.join(folder, `source-${source}.db`);
    const { pen, direct, group, close } = liveMessages(file, generation);
    let atMs = START;
    for (const [index, { chat, from, afterMinutes, fates }] of messages.entries()) {
      atMs += afterMinutes * MINUTE;
      const known = fates[source];
      if (known === undefined || !known.isThere) continue;
      const isDirect = chat === 'direct';
      const sender = from === 'me' ? 'me' : from === 'bob' && !isDirect ? BOB : ANN;
      const sent = actions.send(pen, isDirect ? direct : group, {
        ...{ from: sender, atMs, text: `message ${index}`, fields: { guid: `SHARED-${index}` } },
      });
      if (known.readAfter !== null) actions.receipt(pen, sent, 'read', atMs + known.readAfter * 1_000);
      if (known.text.startsWith('edited')) actions.edit(pen, sent, `message ${index}, better`, atMs + 10_000);
      if (known.text === 'edited again') actions.edit(pen, sent, `message ${index}, best`, atMs + 20_000);
      if (known.text === 'unsent') actions.unsend(pen, sent, atMs + 30_000);
      if (known.reaction !== null) {
        actions.react(pen, sent, {
          ...{ from: ANN, code: known.reaction, atMs: atMs + 5_000 + known.reaction },
          guid: `REACTION-${index}-${known.reaction}`,
        });
      }
      if (known.hasAttachment) {
        const size = { total_bytes: 10 + source, transfer_name: `picture-${index}.png`, mime_type: 'image/png' };
        actions.attach(pen, sent, { guid: `ATTACHMENT-${index}`, ...size });
      }
      if (known.isDeleted) actions.deleteRecently(pen, sent, atMs + MINUTE);
    }
    const { name = null, hasLeft = false } = groups[source] ?? {};
    if (name !== null) actions.rename(pen, group, name, ANN, atMs + (3 - source) * MINUTE);
    if (hasLeft) actions.leave(pen, group, BOB, atMs + (6 - source) * MINUTE);
    close();
    return file;
  });
}

export async function importAll(store: string, files: readonly string[]): Promise<void> {
  for (const source of files) await runImport({ source, store });
}

/** Takes the source of a file out of a store again. */
export async function removeFile(store: string, file: string, signal = new AbortController().signal): Promise<void> {
  const sourceId = sourceOf(store, file);
  await removeSource({
    ...{ store, sourceId, clock: fixedClock(NOW_MS + 1_000), signal },
    inTurn: async (task) => task(),
    atLast: async (task) => await task(),
    onProgress: () => {},
    onCommitted: () => {},
  });
}

export function sourceOf(store: string, file: string): number {
  using db = openStoreForReading(store);
  return db.value<number>('SELECT id FROM sources WHERE path = ?', file) ?? 0;
}
