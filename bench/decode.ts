/**
 * What reading bodies costs, in microseconds per body: plain and rich ones, by the SQL expression, the lazy reader,
 * the full reader, and the typedstream package from npm. Run: node bench/decode.ts [count]
 */
import { Unarchiver } from 'node-typedstream';
import { bodyText, decodeBody, plainBodySql } from '../src/decode/index.ts';
import { type BodyRun, encodeAttributedBody } from '../src/simulator/index.ts';
import { openWritable } from '../src/sqlite/index.ts';

const count = Number(process.argv[2] ?? 300_000);
/** The package is slow enough that a part of the bodies says what it costs. */
const PACKAGE_SHARE = 30;

const WORDS = ['see', 'you', 'tomorrow', 'at', 'eight', 'the', 'usual', 'place', 'naïve', '好的', '😂', 'thanks'];

function sentence(seed: number, words: number): string {
  return Array.from({ length: words }, (_, i) => WORDS[(seed * 7 + i * (1 + (seed % 5))) % WORDS.length]).join(' ');
}

function plainBody(seed: number): Uint8Array {
  return encodeAttributedBody(sentence(seed, 1 + (seed % 13)), undefined, { mutable: seed % 3 !== 0 });
}

const part = (number: number) => ({ __kIMMessagePartAttributeName: number });

/** By turns a link with what the data detector left, a mention, and two parts with an attachment. */
function richBody(seed: number): Uint8Array {
  const mutable = seed % 2 === 0;
  if (seed % 3 === 0) {
    const url = `https://example.com/articles/${seed}/some-title`;
    const attributes = {
      __kIMDataDetectedAttributeName: { data: new Uint8Array(700) },
      ...part(0),
      __kIMLinkAttributeName: { url },
    };
    return encodeAttributedBody(url, [{ length: url.length, attributes }], { mutable });
  }
  const text = sentence(seed, 6);
  const runs: BodyRun[] =
    seed % 3 === 1
      ? [
          { length: 3, attributes: part(0) },
          { length: 4, attributes: { __kIMMentionConfirmedMention: '+15550100', ...part(0) } },
          { length: text.length - 7, attributes: part(0) },
        ]
      : [
          {
            length: 1,
            attributes: { __kIMFileTransferGUIDAttributeName: `at_0_${'F'.repeat(36)}`, ...part(0) },
          },
          { length: text.length - 1, attributes: part(1) },
        ];
  return encodeAttributedBody(text, runs, { mutable });
}

function measure(name: string, bodies: readonly Uint8Array[], read: (body: Uint8Array) => unknown): void {
  for (const body of bodies.slice(0, 5_000)) read(body);
  const start = performance.now();
  for (const body of bodies) read(body);
  report(name, (performance.now() - start) / bodies.length);
}

function report(name: string, millisecondsEach: number): void {
  console.log(`${name.padEnd(28)} ${(millisecondsEach * 1000).toFixed(3).padStart(9)} µs`);
}

function measureSql(name: string, bodies: readonly Uint8Array[]): void {
  using db = openWritable(':memory:');
  db.exec(
    'CREATE TABLE source (id INTEGER PRIMARY KEY, body BLOB); CREATE TABLE target (id INTEGER PRIMARY KEY, text TEXT)',
  );
  db.transaction(() => {
    for (const body of bodies) db.run('INSERT INTO source (body) VALUES (?)', body);
  });
  const copy = (text: string) => {
    db.exec('DELETE FROM target');
    const start = performance.now();
    db.exec(`INSERT INTO target (id, text) SELECT id, ${text} FROM source`);
    return (performance.now() - start) / bodies.length;
  };
  copy('NULL');
  const nothing = copy("'thirty bytes of another column'");
  const all = copy(plainBodySql('body'));
  report(`${name} (whole insert)`, all);
  report(`${name} (without insert)`, all - nothing);
}

for (const [kind, bodies] of [
  ['plain', Array.from({ length: count }, (_, seed) => plainBody(seed))],
  ['rich', Array.from({ length: Math.ceil(count / 6) }, (_, seed) => richBody(seed))],
] as const) {
  console.log(`${bodies.length} ${kind} bodies`);
  measureSql('  plainBodySql', bodies);
  measure('  bodyText', bodies, bodyText);
  measure('  decodeBody', bodies, decodeBody);
  measure('  node-typedstream', bodies.slice(0, Math.ceil(bodies.length / PACKAGE_SHARE)), (body) =>
    Unarchiver.open(Buffer.from(body)).decodeAll(),
  );
}
