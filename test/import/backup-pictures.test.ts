import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { must } from '../../src/kernel/index.ts';
import { writeHistoryBackup } from '../../src/simulator/index.ts';
import { readAvatar } from '../../src/sources/address-book/index.ts';
import { openReadable } from '../../src/sqlite/index.ts';
import { avatarPlaces, keptPicture } from '../../src/store/index.ts';
import { importBackup, madeUpBackup, PASSWORD } from '../support/backups.ts';
import { NOW_MS, temporaryFolder } from '../support/fixture.ts';

const jpeg = (length: number, filling: number) =>
  Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0]), Buffer.alloc(length - 4, filling)]);
const PICTURES = [
  { image: jpeg(40_000, 1), thumbnail: jpeg(900, 2) },
  { image: jpeg(900_000, 3), thumbnail: jpeg(901, 4) },
  { thumbnail: jpeg(902, 5) },
];

/** The sizes of the pictures that a store leads to, card by card: as the doors ask, the file first; and of those it keeps. */
function picturesOf(store: string): { shown: number[]; kept: number[] } {
  using db = openReadable(store);
  const contacts = db.all<{ id: number }>('SELECT id FROM contacts ORDER BY id');
  const shown = contacts.flatMap(({ id }) =>
    avatarPlaces(db, id).flatMap((place) => {
      const found = readAvatar(place, place.uid) ?? keptPicture(db, place.card);
      return found === null ? [] : [found.bytes.length];
    }),
  );
  const kept = db.all<{ length: number }>('SELECT length(bytes) AS length FROM card_pictures');
  const sorted = (sizes: number[]) => sizes.sort((a, b) => a - b);
  return { shown: sorted(shown), kept: sorted(kept.map(({ length }) => length)) };
}

describe('pictures of people', () => {
  it('in a backup that is not encrypted stay where they are', async () => {
    const { folder, store } = madeUpBackup({ pictures: PICTURES });
    await importBackup(folder, store);
    expect(picturesOf(store)).toEqual({ shown: [902, 40_000, 900_000], kept: [] });
  });

  it('in one that is encrypted are kept with the card, of a large one its thumbnail', async () => {
    const { folder, store } = madeUpBackup({ pictures: PICTURES, encryption: { password: PASSWORD } });
    await importBackup(folder, store);
    expect(picturesOf(store)).toEqual({ shown: [901, 902, 40_000], kept: [901, 902, 40_000] });
    await importBackup(folder, store);
    expect(picturesOf(store).kept).toEqual([901, 902, 40_000]);
  });

  it('follow a later backup of the phone: changed, taken away, and gone with their card', async () => {
    const first = madeUpBackup({ pictures: PICTURES, encryption: { password: PASSWORD } });
    await importBackup(first.folder, first.store);
    let removed = '';
    const later = writeHistoryBackup({
      ...{ folder: path.join(temporaryFolder(), 'later'), seed: 5, messages: 400, nowMs: NOW_MS },
      encryption: { password: PASSWORD },
      pictures: PICTURES,
      changeBook: (pen, uids) => {
        removed = must(uids[2], 'there are so many cards');
        pen.editCard(must(uids[0], 'there are so many cards'), { image: jpeg(41_000, 6) });
        pen.editCard(must(uids[1], 'there are so many cards'), { image: null, thumbnail: null });
        pen.removeCard(removed);
      },
    });
    await importBackup(later.folder, first.store);
    expect(picturesOf(first.store).kept).toEqual([41_000]);
    expect(removed).not.toBe('');
  });
});
