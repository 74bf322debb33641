import { describe, expect, it } from 'vitest';
import { must } from '../kernel/index.ts';
import {
  type Circumstances,
  isDifference,
  isListDifference,
  LEFT_OUT,
  MESSAGE_FACTS,
  PLAIN,
  REACTION_FACTS,
  type Value,
} from './canonical.ts';

const OWN: Circumstances = { isOwn: true, ...PLAIN };
const OTHER: Circumstances = { ...OWN, isOwn: false };
const UNSENT: Circumstances = { ...OWN, isUnsent: true };
const EDITED_SINCE: Circumstances = { ...OWN, isEditedSince: true };

function differs(field: string, ours: Value, theirs: Value, about = OWN, facts = MESSAGE_FACTS): boolean {
  const fact = must(
    facts.find((candidate) => candidate.field === field),
    'the table has the field',
  );
  return isDifference(fact, { ours, theirs }, about);
}

describe('two sides of a fact', () => {
  it('that are equal are no difference, that are not are one', () => {
    for (const fact of MESSAGE_FACTS) {
      expect(isDifference(fact, { ours: 1, theirs: 1 }, OWN)).toBe(false);
      expect(isDifference(fact, { ours: 1, theirs: 2 }, OWN), fact.field).toBe(true);
    }
  });

  it('may differ by what the archive was told and the source does not say, not the other way round', () => {
    expect(differs('readAt', 5, null)).toBe(false);
    expect(differs('readAt', null, 5)).toBe(true);
    expect(differs('kind', 'text', 'app')).toBe(true);
  });

  it('of a row from another source are that one’s affair, unless the archive knows nothing', () => {
    expect(differs('sentAt', 5, 6, OTHER)).toBe(false);
    expect(differs('kind', 'text', 'app', OTHER)).toBe(false);
    expect(differs('readAt', null, 5, OTHER)).toBe(true);
  });

  it('may differ by what an unsending overwrote, as long as we still hold something', () => {
    expect(differs('text', 'said', null, UNSENT)).toBe(false);
    expect(differs('text', 'both parts', 'one part', UNSENT)).toBe(false);
    expect(differs('text', null, 'one part', UNSENT)).toBe(true);
    expect(differs('sentAt', 5, 6, UNSENT)).toBe(true);
  });

  it('may differ by an edit that the source does not know yet', () => {
    expect(differs('text', 'newer', 'older', EDITED_SINCE)).toBe(false);
    expect(differs('editedAt', 6, 5, EDITED_SINCE)).toBe(false);
    expect(differs('sentAt', 6, 5, EDITED_SINCE)).toBe(true);
  });

  it('say whether a reaction ended, not when', () => {
    expect(differs('removedAt', 5, 6, OWN, REACTION_FACTS)).toBe(false);
    expect(differs('removedAt', null, 6, OWN, REACTION_FACTS)).toBe(true);
    expect(differs('removedAt', 5, null, OWN, REACTION_FACTS)).toBe(true);
  });
});

describe('what is left out', () => {
  it('is nothing that the tables compare without exception, and has a reason', () => {
    const excepted = new Set(
      [...MESSAGE_FACTS, ...REACTION_FACTS]
        .filter((fact) => fact.overwritten === true || fact.edited === true || fact.meet === 'active')
        .map((fact) => fact.field),
    );
    const always = [...MESSAGE_FACTS, ...REACTION_FACTS].filter((fact) => !excepted.has(fact.field));
    for (const { what, why } of LEFT_OUT) {
      expect(why).toMatch(/\w+ \w+/);
      for (const { field } of always) expect(what.split(/[ ,]+/), field).not.toContain(field);
    }
  });
});

describe('two lists', () => {
  const list = (...items: string[]) => JSON.stringify(items);

  it('of attachments agree when the source’s come first, in their order', () => {
    expect(isListDifference('attachments', { ours: list('a', 'b'), theirs: list('a', 'b') }, OWN)).toBe(false);
    expect(isListDifference('attachments', { ours: list('a', 'b', 'kept'), theirs: list('a', 'b') }, OWN)).toBe(false);
    expect(isListDifference('attachments', { ours: list('b', 'a'), theirs: list('a', 'b') }, OWN)).toBe(true);
    expect(isListDifference('attachments', { ours: list('a'), theirs: list('a', 'b') }, OWN)).toBe(true);
    expect(isListDifference('attachments', { ours: list('b', 'a'), theirs: list('a', 'b') }, OTHER)).toBe(false);
  });

  it('of versions agree when they are equal, or when an unsending took the source’s', () => {
    expect(isListDifference('edits', { ours: list('x'), theirs: list('y') }, OWN)).toBe(true);
    expect(isListDifference('edits', { ours: list(), theirs: list('y') }, OWN)).toBe(true);
    expect(isListDifference('edits', { ours: list('x', 'y'), theirs: list() }, UNSENT)).toBe(false);
    expect(isListDifference('edits', { ours: list(), theirs: list('y') }, UNSENT)).toBe(true);
  });
});
