import { gunzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { served } from './served.ts';

const LISTS = ['/chats?limit=20', '/chats?limit=20&unified=true', '/chats/1/messages?limit=50', '/contacts?limit=20'];

it('answers the same whether or not answers are checked on their way, packed or not', async () => {
  await using checking = await served();
  await using plain = await served({ api: { checkAnswers: false } });
  for (const list of LISTS) {
    const checked = (await checking.json(list)) as { items: unknown[] };
    expect(checked.items.length).toBeGreaterThan(0);
    for (let round = 0; round < 3; round += 1) {
      const { headers, body } = await plain.raw(list);
      expect(headers['content-type']).toBe('application/json; charset=utf-8');
      expect(JSON.parse(body.toString())).toEqual(checked);
      const packed = await plain.raw(list, { 'accept-encoding': 'gzip' });
      expect(JSON.parse(gunzipSync(packed.body).toString())).toEqual(checked);
    }
  }
});
