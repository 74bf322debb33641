import { describe, expect, it } from 'vitest';
import type { SummaryInfo } from '../decode/index.ts';
import { editState } from './edits.ts';

const summary = (changes: Partial<SummaryInfo>): SummaryInfo => ({
  edits: [],
  unsentParts: [],
  parts: [0],
  editedParts: [],
  ...changes,
});
const version = (atMs: number, text: string) => ({ atMs, text, ranges: [] });
const none = { editedAt: null, retractedAt: null, isEmpty: false, summary: null };

describe('what an edit or an unsend left in a row', () => {
  it('is nothing in a row that was never touched', () => {
    expect(editState(none)).toEqual({ editedAt: null, unsentAt: null, unsentParts: [], versions: [] });
  });

  it('is every version of every part, in the order of time', () => {
    const state = editState({
      ...none,
      editedAt: 40,
      summary: summary({
        parts: [0, 1],
        edits: [
          { part: 0, versions: [version(10, 'a'), version(40, 'a2')] },
          { part: 1, versions: [version(10, 'b'), version(30, 'b2')] },
        ],
      }),
    });
    expect(state.versions.map(({ part, text }) => `${part}${text}`)).toEqual(['0a', '1b', '1b2', '0a2']);
    expect(state.editedAt).toBe(40);
    expect(state.unsentAt).toBeNull();
  });

  it('L25 is a whole unsend by date_retracted, by is_empty, or by every part being unsent', () => {
    expect(editState({ ...none, retractedAt: 9 })).toMatchObject({ unsentAt: 9, editedAt: null });
    expect(editState({ ...none, editedAt: 9, isEmpty: true })).toMatchObject({ unsentAt: 9, editedAt: null });
    const all = editState({ ...none, editedAt: 9, summary: summary({ parts: [0, 1], unsentParts: [1, 0] }) });
    expect(all).toMatchObject({ unsentAt: 9, editedAt: null, unsentParts: [] });
  });

  it('is some parts unsent, while the message stays', () => {
    const state = editState({ ...none, editedAt: 9, summary: summary({ parts: [0, 1, 2], unsentParts: [2, 1] }) });
    expect(state).toEqual({ editedAt: null, unsentAt: null, unsentParts: [1, 2], versions: [] });
  });

  it('is the last edit, not the unsend that came after it', () => {
    const state = editState({
      ...none,
      editedAt: 99,
      summary: summary({
        parts: [0, 1],
        unsentParts: [1],
        edits: [{ part: 0, versions: [version(1, 'a'), version(50, 'b')] }],
      }),
    });
    expect(state).toMatchObject({ editedAt: 50, unsentAt: null, unsentParts: [1] });
  });

  it('is an edit without a history where Apple kept none', () => {
    expect(editState({ ...none, editedAt: 7 })).toMatchObject({ editedAt: 7, unsentAt: null, versions: [] });
  });
});
