import http from 'node:http';
import { gunzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { served } from './served.ts';

const LISTS = ['/chats?limit=20', '/chats?limit=20&unified=true', '/chats/1/messages?limit=50', '/contacts?limit=20'];

/** What is sent, before anybody unpacks it. */
async function raw(url: string, headers: Record<string, string>): Promise<{ type: string; bytes: Buffer }> {
  return await new Promise((resolve, reject) => {
    http
      .get(url, { headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () =>
          resolve({ type: response.headers['content-type'] ?? '', bytes: Buffer.concat(chunks) }),
        );
      })
      .on('error', reject);
  });
}

it('answers the same whether or not answers are checked on their way, packed or not', async () => {
  await using checking = await served();
  await using plain = await served({ api: { checkAnswers: false } });
  for (const list of LISTS) {
    const checked = (await checking.json(list)) as { items: unknown[] };
    expect(checked.items.length).toBeGreaterThan(0);
    for (let round = 0; round < 3; round += 1) {
      const { type, bytes } = await raw(`${plain.address}api${list}`, {});
      expect(type).toBe('application/json; charset=utf-8');
      expect(JSON.parse(bytes.toString())).toEqual(checked);
      const packed = await raw(`${plain.address}api${list}`, { 'accept-encoding': 'gzip' });
      expect(JSON.parse(gunzipSync(packed.bytes).toString())).toEqual(checked);
    }
  }
});
