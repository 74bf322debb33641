import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Value } from '../../sqlite/index.ts';
import { fieldsOf, isNamed, joinVersions, nameOf, type SharedTable, type Version } from './fields.ts';

const TABLES: readonly SharedTable[] = ['messages', 'reactions', 'poll_votes', 'attachments'];
const NUMBERS = /_at$|^is_|bytes/;

function anyOf(field: string): fc.Arbitrary<Value> {
  if (field === 'is_from_me' || field === 'is_scheduled') return fc.constantFrom(0, 1);
  if (field === 'kind') return fc.constantFrom('text', 'image', 'event');
  if (field === 'state') return fc.constantFrom('present', 'pending', 'missing');
  const values: fc.Arbitrary<Value> = NUMBERS.test(field)
    ? fc.integer({ min: 0, max: 3 })
    : fc.constantFrom('', 'a', 'b', 'aa', 'ab');
  return fc.option(values, { nil: null });
}

function versionOf(table: SharedTable): fc.Arbitrary<Version> {
  const fields: Record<string, fc.Arbitrary<Value>> = {};
  for (const field of fieldsOf(table)) fields[field] = anyOf(field);
  return fc.record(fields).map((version) => {
    const named: Record<string, Value> = { ...version };
    for (const field of Object.keys(version)) if (isNamed(field)) named[nameOf(field)] = version[field] ?? null;
    return named;
  });
}

describe.each(TABLES)('what several sources say of a row of %s', (table) => {
  const three = fc.tuple(versionOf(table), versionOf(table), versionOf(table));
  const join = (...versions: Version[]) => joinVersions(table, versions);

  it('is the same in whatever order they are heard, and however often', () => {
    fc.assert(
      fc.property(three, ([a, b, c]) => {
        expect(join(b, a)).toEqual(join(a, b));
        expect(join(c, a, b)).toEqual(join(a, b, c));
        expect(join(a, b, b, a)).toEqual(join(a, b));
        expect(join(join(a, b), c)).toEqual(join(a, join(b, c)));
      }),
      { numRuns: 3_000 },
    );
  });

  it('of one source is what that one says', () => {
    fc.assert(
      fc.property(versionOf(table), (version) => {
        const said = { ...version, ...(version.unsent_at != null ? { unsent_parts: null } : {}) };
        expect(join(version)).toEqual(said);
      }),
    );
  });

  it('has a rule for every field, and one only', () => {
    expect(new Set(fieldsOf(table)).size).toBe(fieldsOf(table).length);
  });
});

describe('what two sources say of a message', () => {
  const said = (fields: Version): Version => {
    const empty = Object.fromEntries(fieldsOf('messages').map((field) => [field, null]));
    return { ...empty, is_from_me: 0, is_scheduled: 0, kind: 'text', ...fields };
  };
  const join = (a: Version, b: Version) => joinVersions('messages', [said(a), said(b)]);

  it('keeps the later edit, with its history', () => {
    const before = { text: 'one, and more of it' };
    const after = { text: 'two', edited_at: 5, edits: '[1]' };
    expect(join(before, after)).toMatchObject(after);
  });

  it('keeps the fuller body, and any receipt: the first', () => {
    expect(join({ text: null, read_at: 9 }, { text: 'body', read_at: 7 })).toMatchObject({ text: 'body', read_at: 7 });
    expect(join({ delivered_at: 3 }, {})).toMatchObject({ delivered_at: 3 });
  });

  it('keeps the text of what one has unsent, and says that it was', () => {
    expect(join({ text: null, unsent_at: 4 }, { text: 'said' })).toMatchObject({ text: 'said', unsent_at: 4 });
  });

  it('is deleted when both have deleted it, and not before', () => {
    expect(join({ deleted_at: 4 }, {})).toMatchObject({ deleted_at: null });
    expect(join({ deleted_at: 4 }, { deleted_at: 6 })).toMatchObject({ deleted_at: 6 });
  });
});
