import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { encodeAttributedBody } from '../simulator/index.ts';
import { openWritable } from '../sqlite/index.ts';
import { decodeBody, isPlainBody, plainBodySql } from './index.ts';

const db = openWritable(':memory:');
db.exec('CREATE TABLE source (body BLOB)');
afterAll(() => db.close());

const SQL = `SELECT ${plainBodySql('body')} AS text, typeof(${plainBodySql('body')}) AS type FROM source`;

function sqlText(body: Uint8Array | string | number | null): string | null {
  db.run('DELETE FROM source');
  db.run('INSERT INTO source (body) VALUES (?)', body);
  return db.value<string>(SQL);
}

/** What SQL gives is null, or what the reader gives without ranges. */
function agrees(body: Uint8Array): string | null {
  const text = sqlText(body);
  if (text !== null) expect(decodeBody(body)).toEqual({ ok: true, text, ranges: [], attachments: [] });
  return text;
}

const texts = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1, maxLength: 140 }),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 140 }),
  fc.string({ minLength: 1, maxLength: 300 }),
  fc.string({ unit: fc.constantFrom('\0', 'a', '好', '😂', '\uFFFC', '\uFEFF'), minLength: 1, maxLength: 140 }),
);

describe('the SQL expression for plain bodies', () => {
  it('gives the text of every plain body that the encoder writes', () => {
    fc.assert(
      fc.property(texts, fc.boolean(), (text, mutable) => {
        const body = encodeAttributedBody(text, undefined, { mutable });
        expect(agrees(body)).toBe(text);
      }),
      { numRuns: 400 },
    );
  });

  it('does so around every length form', () => {
    for (const unit of ['x', 'é', '好', '😂']) {
      for (const bytes of [120, 127, 128, 129, 255, 256, 257, 32_767, 32_768, 65_534, 65_535, 65_536]) {
        const text =
          'x'.repeat(bytes % Buffer.byteLength(unit)) + unit.repeat(Math.floor(bytes / Buffer.byteLength(unit)));
        for (const mutable of [true, false]) {
          const body = encodeAttributedBody(text, undefined, { mutable });
          expect(agrees(body)).toBe(bytes < 65_536 ? text : null);
          expect(isPlainBody(body)).toBe(bytes < 65_536);
        }
      }
    }
  });

  it('gives nothing for what is not a plain body', () => {
    expect(sqlText(null)).toBeNull();
    expect(sqlText(new Uint8Array())).toBeNull();
    expect(sqlText('streamtyped')).toBeNull();
    expect(sqlText(4)).toBeNull();
    expect(sqlText(encodeAttributedBody(''))).toBeNull();
    const attributes = { __kIMMessagePartAttributeName: 0, __kIMTextBoldAttributeName: 1 };
    expect(sqlText(encodeAttributedBody('hi', [{ length: 2, attributes }]))).toBeNull();
    expect(
      sqlText(encodeAttributedBody('hi', [{ length: 2, attributes: { __kIMMessagePartAttributeName: 1 } }])),
    ).toBeNull();
  });

  it('agrees with the reader on damaged bodies', () => {
    const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(texts, fc.boolean(), changes, fc.nat(), (text, mutable, edits, cut) => {
        const body = encodeAttributedBody(text, undefined, { mutable });
        const damaged = body.slice();
        for (const [at, value] of edits) damaged[at % damaged.length] = value;
        agrees(damaged);
        agrees(body.subarray(0, cut % body.length));
        agrees(new Uint8Array([...body, cut % 256]));
      }),
      { numRuns: 500 },
    );
  });

  it('agrees with the reader on every change of one byte', () => {
    for (const text of ['é', 'x'.repeat(130), '好'.repeat(60)]) {
      for (const mutable of [true, false]) {
        const body = encodeAttributedBody(text, undefined, { mutable });
        for (let at = 0; at < body.length; at++) {
          for (const value of [0, 1, 0x7f, 0x80, 0x81, 0x82, 0x86, 0x92, 0xff]) {
            const damaged = body.slice();
            damaged[at] = value;
            agrees(damaged);
          }
        }
      }
    }
  });
});
