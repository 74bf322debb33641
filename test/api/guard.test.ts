import http from 'node:http';
import net from 'node:net';
import os from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ChatStatsError, fixedClock } from '../../src/kernel/index.ts';
import { type Served, served } from './served.ts';

/** Requests as others would send them, on real sockets: fetch would not let a test name its own Host or Origin. */

const TOKEN = 'a token of more than sixteen characters';
let open: Served;
let closed: Served;
const clock = fixedClock(Date.UTC(2026, 5, 15));

beforeAll(async () => {
  open = await served({ messages: 300 });
  closed = await served({ messages: 300, clock, api: { host: '0.0.0.0', token: TOKEN } });
});
afterAll(async () => {
  await open[Symbol.asyncDispose]();
  await closed[Symbol.asyncDispose]();
});

type Answer = { status: number; headers: http.IncomingHttpHeaders; body: string };
type Ask = { method?: string; headers?: Record<string, string>; body?: string };

async function ask(place: Served, path: string, { method = 'GET', headers = {}, body }: Ask = {}): Promise<Answer> {
  return await new Promise((resolve, reject) => {
    const request = http.request(
      { port: place.port, host: '127.0.0.1', path, method, headers, agent: false },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (piece: string) => {
          text += piece;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }));
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

const code = ({ body }: Answer) => (JSON.parse(body) as { code: string }).code;

describe('another name for this machine (DNS rebinding)', () => {
  it.each([
    'evil.example',
    'evil.example:4224',
    '127.0.0.1.evil.example',
    'localhost.evil.example',
    '10.0.0.1',
    'user@127.0.0.1',
  ])('Host: %s is refused', async (host) => {
    for (const path of ['/api/chats', '/', '/api/stream/messages']) {
      const answer = await ask(open, path, { headers: { host } });
      expect([403, 400]).toContain(answer.status);
      expect(answer.body).not.toContain('items');
    }
  });

  it.each(['127.0.0.1', 'localhost', '[::1]', 'LOCALHOST:9'])('Host: %s is this machine', async (host) => {
    expect((await ask(open, '/api/chats', { headers: { host } })).status).toBe(200);
  });

  it('is refused with a token too, unless it is an address or our own name', async () => {
    const authorization = `Bearer ${TOKEN}`;
    const status = async (host: string) =>
      (await ask(closed, '/api/chats', { headers: { host, authorization } })).status;
    expect(await status('evil.example')).toBe(403);
    expect([await status('192.168.1.20:4224'), await status('[fe80::1]'), await status(os.hostname())]).toEqual([
      200, 200, 200,
    ]);
  });
});

describe('another site', () => {
  const own = () => `127.0.0.1:${open.port}`;

  it.each([
    ['an Origin of its own', { origin: 'https://evil.example' }],
    ['the Origin of another port of this machine', { origin: 'http://127.0.0.1:1' }],
    ['no Origin that it would tell', { origin: 'null' }],
    ['what browsers say of other sites', { 'sec-fetch-site': 'cross-site' }],
    ['what browsers say of other ports', { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'no-cors' }],
    ['a link to the API', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }],
  ])('with %s reads and changes nothing', async (_what, headers) => {
    for (const [path, method] of [
      ['/api/chats', 'GET'],
      ['/api/stream/messages', 'GET'],
      ['/api/import', 'POST'],
    ] as const) {
      const answer = await ask(open, path, { method, headers: { 'x-chatstats': '1', ...headers } });
      expect([answer.status, code(answer)]).toEqual([403, 'REQUEST_REFUSED']);
    }
    expect(open.engine.calls).toEqual([]);
  });

  it('may have a link to the page, and the page asks for itself', async () => {
    expect(
      (await ask(open, '/', { headers: { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' } })).status,
    ).toBe(200);
    const headers = { host: own(), origin: `http://${own()}`, 'sec-fetch-site': 'same-origin', 'x-chatstats': '1' };
    expect((await ask(open, '/api/chats', { headers })).status).toBe(200);
    open.engine.answer = () => ({ retried: 0, resolved: 0 });
    expect((await ask(open, '/api/quarantine/1/retry', { method: 'POST', headers })).status).toBe(200);
    open.engine.calls.length = 0;
  });

  it('is never told that it may (no CORS)', async () => {
    const headers = { origin: 'https://evil.example', 'access-control-request-method': 'POST' };
    for (const method of ['OPTIONS', 'GET', 'POST']) {
      const answer = await ask(open, '/api/import', { method, headers });
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    }
  });

  it('cannot post what a form can: the header is wanted', async () => {
    for (const headers of [{}, { 'content-type': 'text/plain' }, { 'x-chatstats': '0' }]) {
      const answer = await ask(open, '/api/import', { method: 'POST', headers, body: '{}' });
      expect([answer.status, code(answer)]).toEqual([403, 'REQUEST_REFUSED']);
    }
    expect(open.engine.calls).toEqual([]);
  });
});

describe('another machine', () => {
  it('makes a token necessary before anything is listened to', async () => {
    for (const [host, token] of [
      ['0.0.0.0', null],
      ['::', null],
      ['192.0.2.1', null],
      ['0.0.0.0', 'short'],
    ] as const) {
      const starting = served({ empty: true, api: { host, token } });
      await expect(starting).rejects.toSatisfy(
        (error) => error instanceof ChatStatsError && error.code === 'TOKEN_REQUIRED',
      );
    }
  });

  it.each([
    ['none', {}],
    ['a wrong one', { authorization: 'Bearer something else of that length' }],
    ['one in another form', { authorization: `Basic ${TOKEN}` }],
    ['a cookie that is the token', { cookie: `chatstats=${TOKEN}` }],
    ['a cookie of the right form', { cookie: `chatstats=${'0'.repeat(64)}` }],
  ])('with %s gets nothing', async (_what, headers) => {
    clock.advance(60_000);
    for (const path of [
      '/api/chats',
      '/api/status',
      '/api/stream/events',
      '/api/openapi.json',
      '/api/attachments/x',
      `/api/chats?token=${encodeURIComponent(TOKEN)}`,
      '/api/nothing',
    ]) {
      const answer = await ask(closed, path, { headers });
      expect([path, answer.status, code(answer)]).toEqual([path, 401, 'TOKEN_REQUIRED']);
    }
  });

  it('is let in with the token, or with the cookie that stands for it', async () => {
    clock.advance(60_000);
    expect((await ask(closed, '/api/chats', { headers: { authorization: `Bearer ${TOKEN}` } })).status).toBe(200);
    const login = await ask(closed, '/api/login', {
      ...{ method: 'POST', body: JSON.stringify({ token: TOKEN }) },
      headers: { 'content-type': 'application/json', 'x-chatstats': '1' },
    });
    expect(login.status).toBe(204);
    const [cookie = ''] = login.headers['set-cookie'] ?? [];
    expect(cookie).toMatch(/^chatstats=[0-9a-f]{64}; Path=\/; Max-Age=\d+; HttpOnly; SameSite=Strict$/);
    expect(cookie).not.toContain(TOKEN);
    const session = cookie.split(';')[0] ?? '';
    expect((await ask(closed, '/api/chats', { headers: { cookie: `other=1; ${session}` } })).status).toBe(200);
    expect(JSON.parse((await ask(closed, '/api/session', { headers: { cookie: session } })).body)).toEqual({
      required: true,
      signedIn: true,
    });
    expect(JSON.parse((await ask(closed, '/api/session')).body)).toEqual({ required: true, signedIn: false });
  });

  it('cannot try tokens for long', async () => {
    clock.advance(60_000);
    const guess = async (token: string) =>
      (await ask(closed, '/api/chats', { headers: { authorization: `Bearer ${token}` } })).status;
    const answers: number[] = [];
    for (let at = 0; at < 25; at += 1) answers.push(await guess(`guess number ${at} of many`));
    expect(answers.slice(0, 20).every((status) => status === 401)).toBe(true);
    expect(answers.slice(20).every((status) => status === 429)).toBe(true);
    clock.advance(60_000);
    expect(await guess(TOKEN)).toBe(200);
  });
});

describe('what is sent to a browser', () => {
  it("may run no script but our own files, and be shown in nobody else's page", async () => {
    const refused = { headers: { host: 'elsewhere.example' } };
    for (const [path, how] of [['/'], ['/api/chats'], ['/api/nothing'], ['/api/chats', refused]] as const) {
      const { headers } = await ask(open, path, how);
      const policy = String(headers['content-security-policy']);
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("script-src 'self'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toContain('unsafe');
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cross-origin-resource-policy': 'same-origin',
        'x-frame-options': 'DENY',
      });
    }
  });
});

describe('a request that is too much', () => {
  it.each([
    [
      'a long body',
      {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-chatstats': '1' },
        body: `{"source":"${'x'.repeat(20_000)}"}`,
      },
      413,
    ],
    [
      'a body that is not JSON',
      { method: 'POST', headers: { 'content-type': 'application/json', 'x-chatstats': '1' }, body: '{"source"' },
      400,
    ],
    [
      'a body of another kind',
      { method: 'POST', headers: { 'content-type': 'text/xml', 'x-chatstats': '1' }, body: '<a/>' },
      415,
    ],
    ['long headers', { headers: { 'x-long': 'x'.repeat(20_000) } }, 431],
  ])('%s is refused', async (_what, request, status) => {
    expect((await ask(open, '/api/import', request as Ask)).status).toBe(status);
    expect(open.engine.calls).toEqual([]);
  });

  it.each([
    'GET / HTTP/1.1\r\n\r\n',
    'nonsense\r\n\r\n',
    'GET /api/chats HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n',
    'GET /api/../../etc/passwd HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
    'GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
  ])('%j does no harm', async (bytes) => {
    const answer = await new Promise<string>((resolve) => {
      let text = '';
      const socket = net.connect(open.port, '127.0.0.1', () => socket.write(bytes));
      socket.setEncoding('utf8').on('data', (piece: string) => {
        text += piece;
        if (!/^HTTP\/1.1 [45]/.test(text)) return;
        socket.destroy();
      });
      socket.on('close', () => resolve(text));
      socket.on('error', () => undefined);
    });
    expect(answer).toMatch(/^HTTP\/1.1 4\d\d /);
    expect(answer).not.toContain('root:');
    expect((await ask(open, '/api/chats')).status).toBe(200);
  });
});
