import type { Socket } from 'node:net';

/** The longest line that is sent or read, in bytes. */
const MAX_LINE_BYTES = 1024 * 1024;

/** The lines that arrive, as JSON values, until the other side ends. Throws on a line that is too long or not JSON. */
export async function* jsonLines(socket: Socket): AsyncGenerator<unknown> {
  let pieces: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    let rest = chunk;
    for (let end = rest.indexOf(0x0a); end !== -1; end = rest.indexOf(0x0a)) {
      const line = Buffer.concat([...pieces, rest.subarray(0, end)]);
      pieces = [];
      bytes = 0;
      rest = rest.subarray(end + 1);
      if (line.length > MAX_LINE_BYTES) throw new Error('a line is too long');
      yield JSON.parse(line.toString('utf8'));
    }
    pieces.push(rest);
    bytes += rest.length;
    if (bytes > MAX_LINE_BYTES) throw new Error('a line is too long');
  }
}

/** Sends a line; false when it would be longer than the other side reads, and was not sent. */
export function sendLine(socket: Socket, value: unknown): boolean {
  const line = `${JSON.stringify(value)}\n`;
  if (Buffer.byteLength(line) > MAX_LINE_BYTES) return false;
  if (!socket.destroyed && socket.writable) socket.write(line);
  return true;
}
