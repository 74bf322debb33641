import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Database, openWritable } from '../sqlite/index.ts';
import { createTables, foldText, INDEXES, searchIndexedThrough, searchMessages } from '../store/index.ts';
import { extendSearchIndex } from './search-index.ts';

type Message = { text: string | null; subject?: string | null; chat?: number; sentAt?: number | null };

function emptyStore(): Database {
  const db = openWritable(':memory:');
  createTables(db);
  for (const statement of INDEXES) db.exec(statement);
  db.exec(`INSERT INTO sources (id, kind, path, first_imported_at, last_imported_at) VALUES (1, 'macos', '/x', 0, 0)`);
  db.exec(
    `INSERT INTO chats (id, identifier, kind, source_id) VALUES (1, 'one@example.com', 'direct', 1), (2, 'chat2', 'group', 1)`,
  );
  return db;
}

function add(db: Database, { text, subject = null, chat = 1, sentAt = 0 }: Message): number {
  return db.run(
    `INSERT INTO messages (guid, chat_id, kind, text, subject, sent_at, is_from_me, source_id, source_rowid)
     VALUES (?, ?, 'text', ?, ?, ?, 1, 1, 0)`,
    `guid-${db.value(`SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'messages'`)}-${text?.length}`,
    chat,
    text,
    subject,
    sentAt,
  ).lastId;
}

function change(db: Database, id: number, text: string | null): void {
  db.run('UPDATE messages SET text = ? WHERE id = ?', text, id);
  db.run('INSERT OR IGNORE INTO search_pending (message_id) VALUES (?)', id);
}

function remove(db: Database, id: number): void {
  db.run('DELETE FROM messages WHERE id = ?', id);
  db.run('INSERT OR IGNORE INTO search_pending (message_id) VALUES (?)', id);
}

const finish = (db: Database, maxRows = 1_000) => {
  while (!extendSearchIndex(db, { maxRows }).done);
};
const find = (db: Database, query: string, chat?: string | number) =>
  searchMessages(db, query, { limit: 1_000, ...(chat === undefined ? {} : { chat }) }).map((hit) => hit.text);

describe('search', () => {
  it.each(['with an index', 'without one'])('finds words, parts of words and single characters, %s', (how) => {
    using db = emptyStore();
    const texts = [
      'Über den Dächern',
      'schöne 世界 und 日本語',
      'family 👨‍👩‍👧‍👦 and 👍🏽',
      'a "quoted (phrase) OR* -not" : end',
      '한국어 ok',
    ];
    for (const [at, text] of texts.entries()) add(db, { text, sentAt: at });
    if (how === 'with an index') finish(db, 2);
    const [roofs, world, family, quoted, korean] = texts;
    expect(find(db, 'uber')).toEqual([roofs]);
    expect(find(db, 'ÄCHER')).toEqual([roofs]);
    expect(find(db, '世界')).toEqual([world]);
    expect(find(db, '語')).toEqual([world]);
    expect(find(db, '日本語')).toEqual([world]);
    expect(find(db, '👨‍👩‍👧‍👦')).toEqual([family]);
    expect(find(db, '👍🏽')).toEqual([family]);
    expect(find(db, '한국')).toEqual([korean]);
    expect(find(db, '(phrase) OR* -not')).toEqual([quoted]);
    expect(find(db, '"quoted (phrase)"')).toEqual([quoted]);
    expect(find(db, '"(phrase) quoted"')).toEqual([]);
    expect(find(db, 'quoted" AND text:x')).toEqual([]);
    expect(find(db, ': "')).toEqual([quoted]);
    expect(find(db, 'und schone')).toEqual([world]);
    expect(find(db, 'und nichts')).toEqual([]);
    expect(find(db, '  ')).toEqual([]);
    expect(find(db, '""')).toEqual([]);
  });

  it('gives the newest first, at most as many as asked for, those without a date last', () => {
    using db = emptyStore();
    for (const sentAt of [30, null, 10, 20]) add(db, { text: `word ${sentAt}`, sentAt });
    finish(db);
    expect(find(db, 'word')).toEqual(['word 30', 'word 20', 'word 10', 'word null']);
    expect(searchMessages(db, 'word', { limit: 2 }).map((hit) => hit.text)).toEqual(['word 30', 'word 20']);
    expect(searchMessages(db, 'word', { limit: 0 })).toEqual([]);
  });

  it('finds what is not among the newest, or has come long before them, or has changed since', () => {
    using db = emptyStore();
    add(db, { text: 'needle, dated ahead', sentAt: 1_000_000 });
    add(db, { text: 'needle in the hay', sentAt: 1 });
    db.run(
      `WITH RECURSIVE numbers(n) AS (SELECT 10 UNION ALL SELECT n + 1 FROM numbers WHERE n < 13000)
       INSERT INTO messages (guid, chat_id, kind, text, sent_at, is_from_me, source_id, source_rowid)
       SELECT 'hay-' || n, 1, 'text', 'hay ' || n, n, 1, 1, n FROM numbers`,
    );
    const changed = add(db, { text: 'hay', sentAt: 5 });
    finish(db, 20_000);
    change(db, changed, 'needle, changed');
    change(db, changed - 1, 'needle, late');
    add(db, { text: 'needle, new', sentAt: 2 });
    expect(find(db, 'needle')).toEqual([
      'needle, dated ahead',
      'needle, late',
      'needle, changed',
      'needle, new',
      'needle in the hay',
    ]);
    expect(find(db, 'needle', 2)).toEqual([]);
    expect(searchMessages(db, 'needle', { limit: 1 }).map((hit) => hit.text)).toEqual(['needle, dated ahead']);
  });

  it('can be limited to one chat, by id or identifier', () => {
    using db = emptyStore();
    add(db, { text: 'here', chat: 1 });
    add(db, { text: 'here too', chat: 2 });
    finish(db);
    expect(find(db, 'here', 'chat2')).toEqual(['here too']);
    expect(find(db, 'here', 'one@example.com')).toEqual(['here']);
    expect(find(db, 'here', 2)).toEqual(['here too']);
    expect(find(db, 'here', '2')).toEqual(['here too']);
    expect(find(db, 'here', 'nowhere')).toEqual([]);
  });

  it('finds what the subject says, and highlights the text alone', () => {
    using db = emptyStore();
    add(db, { text: 'see above', subject: 'Dinner' });
    finish(db);
    const [hit] = searchMessages(db, 'dinner above', { limit: 5 });
    expect(hit?.highlights).toEqual([[4, 5]]);
  });

  it('finds deleted and unsent messages by the text that was kept', () => {
    using db = emptyStore();
    db.run('UPDATE messages SET deleted_at = 1 WHERE id = ?', add(db, { text: 'deleted word' }));
    db.run('UPDATE messages SET unsent_at = 1 WHERE id = ?', add(db, { text: 'unsent word' }));
    finish(db);
    expect(find(db, 'word')).toHaveLength(2);
  });

  it('works while another statement of the connection is open', () => {
    using db = emptyStore();
    for (let at = 0; at < 3; at += 1) add(db, { text: 'word' });
    const seen: number[] = [];
    for (const row of db.iterate<{ id: number }>('SELECT id FROM messages')) {
      seen.push(row.id, find(db, 'word').length);
    }
    expect(seen).toEqual([1, 3, 2, 3, 3, 3]);
  });
});

describe('the search index', () => {
  it('is brought forward in steps of the size asked for, and then has nothing to do', () => {
    using db = emptyStore();
    for (let at = 0; at < 5; at += 1) add(db, { text: `text ${at}` });
    expect(extendSearchIndex(db, { maxRows: 2 })).toEqual({ indexed: 2, done: false });
    expect(searchIndexedThrough(db)).toBe(2);
    expect(extendSearchIndex(db, { maxRows: 4 })).toEqual({ indexed: 3, done: true });
    expect(extendSearchIndex(db, { maxRows: 4 })).toEqual({ indexed: 0, done: true });
    expect(db.value('SELECT count(*) FROM message_search')).toBe(5);
  });

  it('passes messages without text', () => {
    using db = emptyStore();
    for (const text of ['one', null, '', null]) add(db, { text });
    finish(db, 2);
    expect(searchIndexedThrough(db)).toBe(4);
    expect(extendSearchIndex(db, { maxRows: 2 })).toEqual({ indexed: 0, done: true });
  });

  it('takes changed messages anew, and lets go of what they said before', () => {
    using db = emptyStore();
    const id = add(db, { text: 'before' });
    add(db, { text: 'other' });
    finish(db);
    change(db, id, 'after');
    finish(db);
    const entries = (word: string) =>
      db.value('SELECT count(*) FROM message_search WHERE message_search MATCH ?', word);
    expect([entries('before'), entries('after')]).toEqual([0, 1]);
    expect(db.value('SELECT count(*) FROM search_pending')).toBe(0);
  });

  it('has a token for each character that a short term may be made of', () => {
    using db = emptyStore();
    const allowed =
      /[a-z0-9\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Extended_Pictographic}\p{Emoji_Modifier}]/u;
    const characters = new Set<string>();
    for (let code = 0; code <= 0x10ffff; code += 1) {
      if (code >= 0xd800 && code <= 0xdfff) continue;
      const folded = foldText(String.fromCodePoint(code));
      if ([...folded].length === 1 && allowed.test(folded)) characters.add(folded);
    }
    add(db, { text: [...characters].join('') });
    finish(db);
    db.exec('CREATE VIRTUAL TABLE temp.tokens USING fts5vocab(main, message_search, row)');
    for (const row of db.iterate<{ first: string }>('SELECT DISTINCT substr(term, 1, 1) AS first FROM temp.tokens')) {
      characters.delete(row.first);
    }
    expect([...characters]).toEqual([]);
  });

  it('keeps where it was when a step is cut off', () => {
    using db = emptyStore();
    for (let at = 0; at < 6; at += 1) add(db, { text: `text ${at}` });
    extendSearchIndex(db, { maxRows: 2 });
    change(db, 1, 'changed');
    for (let cut = 1; cut < 12; cut += 1) {
      let statements = 0;
      Database.watch(() => {
        statements += 1;
        if (statements === cut) throw new Error('power cut');
      });
      expect(() => extendSearchIndex(db, { maxRows: 3 })).toThrow('power cut');
      Database.watch(null);
      expect([searchIndexedThrough(db), db.value('SELECT count(*) FROM search_pending')]).toEqual([2, 1]);
      expect(find(db, 'changed')).toHaveLength(1);
    }
    finish(db);
    expect(find(db, 'text')).toHaveLength(5);
  });

  it('covers a message that comes when those before it were removed', () => {
    using db = emptyStore();
    const first = add(db, { text: '' });
    const second = add(db, { text: '' });
    remove(db, first);
    extendSearchIndex(db, { maxRows: 2 });
    remove(db, second);
    // Given anew, the first id would lie below the end of the index, and off the list.
    expect(add(db, { text: 'newcomer' })).toBeGreaterThan(second);
    expect(find(db, 'newcomer')).toEqual(['newcomer']);
    finish(db);
    expect(find(db, 'newcomer')).toEqual(['newcomer']);
  });
});

const LETTERS = [
  'a',
  'B',
  'é',
  'E\u0301',
  'ß',
  's',
  ' ',
  ' ',
  '"',
  '*',
  '-',
  '(',
  ':',
  '中',
  '文',
  'か',
  '\u3099',
  '한',
];
const text = fc.string({
  unit: fc.oneof(
    fc.constantFrom(...LETTERS, '👍', '👍🏽', '\u200d', 'и', 'Й', 'AND', 'NEAR'),
    fc.string({ unit: 'grapheme', maxLength: 1 }),
  ),
  maxLength: 24,
});
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('add' as const), text, subject: fc.option(text), sentAt: fc.nat(50) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('change' as const), which: fc.nat(), text }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('remove' as const), which: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('extend' as const), maxRows: fc.integer({ min: 1, max: 6 }) }) },
);
const query = fc.oneof(
  text.map((words) => ({ words })),
  fc.record({ which: fc.nat(), start: fc.nat(), length: fc.integer({ min: 1, max: 8 }), upper: fc.boolean() }),
);

describe('what is found', () => {
  it('is what a look at every message finds, with an index that is empty, partial, complete or stale', () => {
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 30 }),
        fc.array(query, { minLength: 1, maxLength: 6 }),
        (steps, queries) => {
          using db = emptyStore();
          const held: number[] = [];
          for (const one of steps) {
            if (one.do === 'add') held.push(add(db, one));
            else if (one.do === 'extend') extendSearchIndex(db, one);
            else if (held.length === 0) continue;
            else if (one.do === 'change') change(db, held[one.which % held.length] ?? 0, one.text);
            else {
              const [id = 0] = held.splice(one.which % held.length, 1);
              remove(db, id);
            }
          }
          const all = db.all<{ guid: string; text: string; subject: string | null }>(
            'SELECT guid, text, subject FROM messages ORDER BY sent_at DESC, id DESC',
          );
          for (const asked of queries) {
            const words = 'words' in asked ? asked.words.replaceAll('"', '') : partOf(all, asked);
            const terms = words
              .split(/\s+/u)
              .map(foldText)
              .filter((term) => term.trim() !== '');
            const expected = all.filter(
              (row) =>
                terms.length > 0 &&
                terms.every((term) => foldText(row.text).includes(term) || foldText(row.subject ?? '').includes(term)),
            );
            const found = searchMessages(db, words, { limit: 100 });
            expect(found.map((hit) => hit.guid)).toEqual(expected.map((row) => row.guid));
          }
        },
      ),
      { numRuns: 400 },
    );
  });
});

function partOf(
  rows: { text: string }[],
  part: { which: number; start: number; length: number; upper: boolean },
): string {
  const source = [...(rows[part.which % Math.max(1, rows.length)]?.text ?? '')];
  const start = part.start % Math.max(1, source.length);
  const words = source
    .slice(start, start + part.length)
    .join('')
    .replaceAll('"', '');
  return part.upper ? words.toUpperCase() : words;
}
