import path from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fixedClock } from '../../src/kernel/index.ts';
import { verifySource } from '../../src/pipeline/index.ts';
import { actions } from '../../src/simulator/index.ts';
import { NOW_MS, runImport, temporaryFolder } from '../support/fixture.ts';
import { ANN, BOB, liveMessages } from '../support/live-messages.ts';

const MINUTE = 60_000;
const START = NOW_MS - 30 * 24 * 60 * MINUTE;

/** One thing that happens: what, to which earlier message or reaction, how many minutes after the thing before it. */
const happening = fc.record({
  what: fc.constantFrom(
    ...([
      'say',
      'say',
      'say',
      'say',
      'group',
      'backfill',
      'edit',
      'unsend',
      'delete',
      'deleteRecently',
      'restore',
    ] as const),
    ...(['react', 'react', 'unreact', 'read', 'attach', 'rename', 'late', 'import'] as const),
  ),
  which: fc.nat(),
  minutes: fc.oneof(fc.nat(60), fc.nat(400)),
});

it('P8 whatever happens to a source between imports, after the last of them verify agrees', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('macos-11' as const, 'macos-13' as const, 'macos-26' as const),
      fc.array(happening, { minLength: 3, maxLength: 30 }),
      async (generation, happenings) => {
        const folder = temporaryFolder();
        const place = { source: path.join(folder, 'chat.db'), store: path.join(folder, 'store.db') };
        const { pen, direct, group, close } = liveMessages(place.source, generation);
        const clock = fixedClock(NOW_MS);
        let messages: actions.LiveMessage[] = [];
        let reactions: actions.LiveReaction[] = [];
        const recent: actions.LiveMessage[] = [];
        const unjoined: actions.LiveMessage[] = [];
        const retired = new Set<actions.LiveMessage>();
        let atMs = START;
        const say = (chat: actions.LiveChat, at: number) =>
          messages.push(actions.send(pen, chat, { from: ANN, atMs: at, text: `at ${at}` }));
        const drop = (message: actions.LiveMessage) => {
          messages = messages.filter((other) => other !== message);
        };
        // One message stays for ever, by which the source is known again.
        say(direct, atMs);
        messages = [];
        for (const { what, which, minutes } of happenings) {
          atMs += minutes * MINUTE;
          clock.advance(MINUTE);
          const message = messages[which % Math.max(1, messages.length)];
          const reaction = reactions[which % Math.max(1, reactions.length)];
          const canEdit = generation !== 'macos-11' && message !== undefined && !retired.has(message);
          if (what === 'say') say(direct, atMs);
          else if (what === 'group') say(group, atMs);
          else if (what === 'backfill') say(direct, atMs - (which % 2_000) * MINUTE);
          else if (what === 'import') await runImport(place, { clock });
          else if (what === 'late') {
            unjoined.push(actions.send(pen, direct, { from: BOB, atMs, text: 'late', join: false }));
          } else if (what === 'rename') actions.rename(pen, group, `name ${which}`, ANN, atMs);
          else if (what === 'restore') {
            const back = recent.pop();
            if (back !== undefined) {
              actions.restore(pen, back);
              messages.push(back);
            }
            const joined = unjoined.pop();
            if (joined !== undefined) actions.join(pen, joined);
          } else if (what === 'unreact') {
            if (reaction === undefined) continue;
            actions.unreact(pen, reaction, 'me', atMs);
            reactions = reactions.filter((other) => other !== reaction);
          } else if (message === undefined) continue;
          else if (what === 'react') {
            const replaced = reactions.find((other) => other.target === message);
            reactions = reactions.filter((other) => other !== replaced);
            const replaces = replaced === undefined ? {} : { replaces: replaced };
            reactions.push(actions.react(pen, message, { from: 'me', code: 2000 + (which % 5), atMs, ...replaces }));
          } else if (what === 'read') actions.receipt(pen, message, 'read', atMs);
          else if (what === 'attach') {
            const file = {
              guid: `file-${which}-${atMs}`,
              transfer_name: 'a.jpg',
              transfer_state: 5,
              filename: '~/a.jpg',
            };
            actions.attach(pen, message, file as Parameters<typeof actions.attach>[2]);
          } else if (what === 'edit' && canEdit) actions.edit(pen, message, `edited ${atMs}`, atMs);
          else if (what === 'unsend' && canEdit) {
            actions.unsend(pen, message, atMs);
            retired.add(message);
          } else if (what === 'delete' || what === 'deleteRecently') {
            if (what === 'delete') actions.deleteForGood(pen, message);
            else actions.deleteRecently(pen, message, atMs);
            if (what === 'deleteRecently' && generation !== 'macos-11') recent.push(message);
            drop(message);
          }
        }
        await runImport(place, { clock });
        close();
        const report = await verifySource({
          ...{ store: place.store, addressBook: null, region: null, locale: null, clock, onProgress: () => {} },
          source: { path: place.source, sealed: false },
          signal: new AbortController().signal,
        });
        expect(report.differences).toEqual([]);
      },
    ),
    { numRuns: 40 },
  );
});
