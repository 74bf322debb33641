import { IMMUTABLE, IMMUTABLE_DIRECTED, MUTABLE, type PlainShape, RUN } from './plain-shapes.ts';

/**
 * An SQL expression: the text of a body in one of the plain shapes, NULL for everything else. Whatever it gives is
 * what `decodeBody` gives, with no ranges. It uses nothing but built-in functions.
 *
 * The head of a body is compared as a range of blobs, which costs no copy and bounds the length byte that follows it
 * in the same step. Bytes that are not UTF-8 stay as they are in SQLite; whoever reads the value as a string gets
 * U+FFFD for them, as from `decodeBody`.
 */
export function plainBodySql(column: string): string {
  const whens = [MUTABLE, IMMUTABLE].map(
    (shape) => `WHEN ${between(column, shape.head, 0x01, 0x7f)} THEN ${shortText(column, shape)}
      WHEN ${between(column, shape.head, 0x81, 0x81)} THEN ${longText(column, shape)}`,
  );
  return `CASE ${whens.join('\n')} END`;
}

function tailsOf(shape: PlainShape): readonly PlainShape[] {
  return shape === IMMUTABLE ? [IMMUTABLE, IMMUTABLE_DIRECTED] : [shape];
}

/** Text below 128 bytes: its length and that of the run take one byte each, so the total tells where everything is. */
function shortText(column: string, shape: PlainShape): string {
  const at = shape.head.length + 1;
  const whens = tailsOf(shape).map(({ tail }) => {
    const size = `length(${column}) - ${at + RUN.length + 1 + tail.length}`;
    return `WHEN ${endsWith(column, 1, tail)} AND unicode(substr(${column}, ${at}, 1)) = ${size}
      THEN CAST(substr(${column}, ${at + 1}, ${size}) AS TEXT)`;
  });
  return `CASE ${whens.join('\n')} END`;
}

/** Text of 128 to 65,535 bytes: 0x81 and two bytes, the lower first; the run is then as long, or below 128. */
function longText(column: string, shape: PlainShape): string {
  const at = shape.head.length + 3;
  const whens = tailsOf(shape).flatMap(({ tail }) =>
    ([1, 3] as const).map((runWidth) => {
      const size = `(length(${column}) - ${at + RUN.length + runWidth + tail.length})`;
      return `WHEN ${endsWith(column, runWidth, tail)}
        AND hex(substr(${column}, ${at - 1}, 2)) = printf('%02X%02X', ${size} & 255, ${size} >> 8)
        THEN CAST(substr(${column}, ${at + 1}, ${size}) AS TEXT)`;
    }),
  );
  return `CASE ${whens.join('\n')} END`;
}

/** The bytes behind the text: RUN, the length of the run (never 0) in one or three bytes, the tail. */
function endsWith(column: string, runWidth: 1 | 3, tail: Uint8Array): string {
  const runBytes = RUN.length + 1;
  const run = `substr(${column}, -${tail.length + runWidth + RUN.length}, ${runBytes})`;
  const whole = `substr(${column}, -${tail.length}) = ${blob(tail)}`;
  if (runWidth === 1) return `${whole} AND ${run} BETWEEN ${blob(RUN, 0x01)} AND ${blob(RUN, 0x7f)}`;
  return `${whole} AND ${run} = ${blob(RUN, 0x81)} AND substr(${column}, -${tail.length + 2}, 2) <> x'0000'`;
}

/**
 * True when a blob begins with `head` and then a byte from `first` to `last`. BETWEEN looks at the value once; the one
 * blob too many that it lets pass has nothing behind that byte and fails at the tail.
 */
function between(value: string, head: Uint8Array, first: number, last: number): string {
  return `${value} BETWEEN ${blob(head, first)} AND ${blob(head, last + 1)}`;
}

function blob(bytes: Uint8Array, ...more: number[]): string {
  return `x'${Buffer.from([...bytes, ...more]).toString('hex')}'`;
}
