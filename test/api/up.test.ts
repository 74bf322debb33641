import { readdirSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { afterAll, describe, expect, it } from 'vitest';
import type { Status, TimelineMessage } from '../../src/api/index.ts';
import { errorCode, Workplace } from '../cli/chatstats.ts';
import { guidOf, type Scene, scene } from '../cli/sync-scene.ts';
import { SseClient } from './sse-client.ts';
import { UpProcess } from './up-process.ts';

const place = new Workplace();
afterAll(() => place[Symbol.dispose]());

function up({ source, store }: Pick<Scene, 'source' | 'store'>, ...more: string[]): UpProcess {
  const args = ['--db', store, '--json', 'up', '--source', source, '--address-book', 'none', '--port', '0', ...more];
  return new UpProcess(args, { home: place.folder });
}

/** The message as the page would load it when it hears of it. */
async function messageOf(running: UpProcess, guid: string): Promise<TimelineMessage | undefined> {
  return (await running.json<{ items: TimelineMessage[] }>(`/messages?guids=${guid}`)).items[0];
}

const isLive = (client: SseClient) => () =>
  client.received.some(({ type, data }) => type === 'state' && JSON.stringify(data).includes('live'));
const tells = (client: SseClient, type: string, guid: string) => () =>
  client.kept.some((event) => event.type === type && JSON.stringify(event.data.data).includes(guid));

describe('chatstats up', () => {
  it('imports, follows and serves: what is written, edited and reacted to is there', async () => {
    await using messages = scene(place, 'life');
    await using running = up(messages);
    const address = await running.address;
    using client = new SseClient(`${address}api/stream?topics=messages,chats,events&bodies=1&after=0`);
    await client.until(() => client.kept.some(({ type }) => type === 'import_completed'));
    await client.until(isLive(client));
    expect(await running.json<Status>('/status')).toMatchObject({ state: 'live', import: null });

    const guid = guidOf(await messages.act({ act: 'say', from: 'me' }));
    await client.until(tells(client, 'messages_synced', guid));
    const said = client.kept.find(
      ({ type, data }) => type === 'messages_synced' && JSON.stringify(data).includes(guid),
    );
    expect(said?.data.messages).toMatchObject([{ guid, isFromMe: true }]);

    await messages.act({ act: 'edit', message: guid });
    await client.until(tells(client, 'message_updated', guid));
    await messages.act({ act: 'react', message: guid, from: 'me', code: 2000 });
    await client.until(tells(client, 'reaction_added', guid));
    const shown = await messageOf(running, guid);
    expect(shown?.edits.length).toBeGreaterThan(1);
    expect(shown?.reactions).toHaveLength(1);

    // Another process that wants to write is answered by this one.
    const sealing = await messages.run('--json', 'seal', String(shown?.chatId));
    expect(JSON.parse(sealing.stdout)).toEqual({ sealed: 1 });
    await client.until(() => client.kept.some(({ type }) => type === 'conversation_sealed'));
    const { status, stderr } = await running.stop();
    expect([status, errorCode({ status: 0, stdout: '', stderr })]).toEqual([0, null]);
    await client.untilEnded();
  });

  it('loses and repeats nothing for a listener when it is killed while people write', async () => {
    await using messages = scene(place, 'killed');
    let running = up(messages);
    let client = new SseClient(`${await running.address}api/stream/events?after=0`);
    // What is written before that is imported, and an import tells nothing of single messages.
    await client.until(isLive(client));
    const seen: number[] = [];
    const guids: string[] = [];
    for (let life = 0; life < 3; life += 1) {
      for (let at = 0; at < 5; at += 1) guids.push(guidOf(await messages.act({ act: 'say', from: 'me' })));
      const last = guids.at(-1) ?? '';
      if (life !== 1) await client.until(tells(client, 'messages_synced', last));
      await running.stop(life === 0 ? 'SIGKILL' : 'SIGINT');
      await client.untilEnded();
      seen.push(...client.ids);
      running = up(messages);
      client = new SseClient(`${await running.address}api/stream/events`, {
        'last-event-id': String(seen.at(-1) ?? 0),
      });
    }
    const last = guidOf(await messages.act({ act: 'say', from: 'me' }));
    await client.until(tells(client, 'messages_synced', last));
    seen.push(...client.ids);
    client.close();
    await running.stop();
    expect(seen).toEqual(Array.from({ length: seen.length }, (_, at) => at + 1));
    const lines = (await messages.run('export', 'events')).stdout;
    for (const guid of guids) expect(lines).toContain(guid);
  });

  it('refuses what would go wrong, in two lines', async () => {
    await using messages = scene(place, 'refused');
    const taken = net.createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => taken.once('listening', resolve));
    const { port } = taken.address() as net.AddressInfo;
    const portTaken = await new UpProcess(
      ['--db', messages.store, 'up', '--source', messages.source, '--port', String(port)],
      { home: place.folder },
    ).ended;
    taken.close();
    expect([portTaken.status, errorCode({ ...portTaken, status: 1 })]).toEqual([1, 'PORT_IN_USE']);
    const open = await up(messages, '--host', '0.0.0.0').ended;
    expect([open.status, errorCode({ ...open, status: 2 })]).toEqual([2, 'TOKEN_REQUIRED']);
    await using running = up(messages);
    await running.address;
    const second = await up(messages).ended;
    expect([second.status, errorCode({ ...second, status: 5 })]).toEqual([5, 'STORE_OWNED']);
  });

  it('asks for the token of a file where others can reach it', async () => {
    await using messages = scene(place, 'token');
    const file = place.file('token.txt');
    writeFileSync(file, 'correct horse battery staple\n');
    await using running = up(messages, '--host', '0.0.0.0', '--token-file', file);
    const { port } = new URL(await running.address);
    const status = async (headers: Record<string, string>) =>
      (await fetch(`http://127.0.0.1:${port}/api/chats`, { headers })).status;
    expect(await status({})).toBe(401);
    expect(await status({ authorization: 'Bearer correct horse battery staple' })).toBe(200);
  });

  it('serves a store whose source is not on this machine', async () => {
    await using messages = scene(place, 'archive');
    await messages.run('import', messages.source, '--address-book', 'none');
    await using running = new UpProcess(['--db', messages.store, '--json', 'up', '--port', '0'], {
      home: place.folder,
    });
    expect((await running.json<{ items: unknown[] }>('/chats')).items.length).toBeGreaterThan(0);
    expect((await running.stop('SIGTERM')).status).toBe(0);
  });
});

describe('chatstats demo --stay on', () => {
  it('is a living system until it is stopped, and leaves nothing behind', async () => {
    const before = readdirSync(place.folder);
    await using running = new UpProcess(['--json', 'demo', '--stay', 'on', '--messages', '600', '--port', '0'], {
      home: place.folder,
    });
    using client = new SseClient(`${await running.address}api/stream/messages?bodies=1&after=0`);
    await client.until(() => client.kept.filter(({ type }) => type === 'messages_synced').length >= 2);
    expect((await running.stop()).status).toBe(0);
    expect(readdirSync(place.folder).sort()).toEqual(before.sort());
  });
});
