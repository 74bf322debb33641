import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { must, pause } from '../../src/kernel/index.ts';
import { openStoreForReading } from '../../src/store/index.ts';
import { asJson, GOOD, llmServer } from '../analysis/llm-server.ts';
import { eventsOf } from '../support/sync-process.ts';
import { errorCode, type Outcome, Workplace } from './chatstats.ts';
import { guidOf, messageOf, scene } from './sync-scene.ts';

let place: Workplace;
beforeAll(async () => {
  place = new Workplace();
  place.history('chat.db', { messages: 1_500 });
  place.history('large.db', { messages: 12_000 });
});
afterAll(() => place[Symbol.dispose]());

const GIVE_UP = 400;

async function until<T>(what: string, look: () => T | null | undefined | false): Promise<T> {
  for (let count = 0; count < GIVE_UP; count += 1) {
    const found = look();
    if (found !== null && found !== undefined && found !== false) return found;
    await pause(50);
  }
  throw new Error(`it did not come about: ${what}`);
}

function ask<T>(store: string, sql: string): T | null {
  using db = openStoreForReading(place.file(store));
  return db.value<T>(sql);
}

const READY = `SELECT count(*) FROM conversations WHERE state = 'ready'`;
const RESULTS = `SELECT count(*) FROM analysis_results WHERE kind = 'batch'`;
const TWICE = `SELECT count(*) FROM (SELECT 1 FROM events WHERE type = 'analysis_completed'
  AND data ->> 'run' IS NOT NULL GROUP BY data ->> 'conversationId', data ->> 'pass', data ->> 'kind' HAVING count(*) > 1)`;

async function imported(store: string, source = 'chat.db'): Promise<(...words: string[]) => Promise<Outcome>> {
  const done = await place.run(['--db', store, 'import', source, '--address-book', 'none']);
  expect(done.status, done.stderr).toBe(0);
  return (...words) => place.run(['--db', store, ...words]);
}

const parsed = ({ stdout }: Outcome) => JSON.parse(stdout) as Record<string, unknown>;

/** A pass of the user's, which does what it is told by `body`. */
function moduleWith(name: string, body: string, version = 1): string {
  const file = place.file(`${name}.mjs`);
  writeFileSync(
    file,
    `export default { name: '${name}', version: ${version}, kind: 'batch', input: (transcript) => transcript,
      run: async (transcript) => { ${body} }, schema: (z) => z.object({ first: z.string().nullable() }) };`,
  );
  return file;
}

describe('what was said before', () => {
  it('is analysed when it is asked for, once, and says so', async () => {
    const run = await imported('before.db');
    const dry = await run('--json', 'analysis', 'backfill', 'conversation-stats', '--dry-run');
    const ready = must(ask<number>('before.db', READY), 'there are conversations');
    expect(parsed(dry)).toMatchObject({ plan: null, forecast: { runs: ready, conversations: ready } });
    expect(ask('before.db', RESULTS)).toBe(0);
    const done = await run('--json', 'analysis', 'run');
    expect(done.status, done.stderr).toBe(0);
    expect(parsed(done)).toMatchObject({ state: 'completed', total: ready, done: ready, failed: 0 });
    expect(ask('before.db', RESULTS)).toBe(ready);
    const again = await run('--json', 'analysis', 'run');
    expect(parsed(again)).toMatchObject({ state: 'completed', total: 0 });
    expect(ask('before.db', TWICE)).toBe(0);
    const status = parsed(await run('--json', 'analysis'));
    expect(status).toMatchObject({ live: null, passes: [{ pass: 'conversation-stats', results: ready, failed: 0 }] });
  });

  it('is analysed to its end over any number of kills, each once', { timeout: 120_000 }, async () => {
    await imported('killed.db', 'large.db');
    const ready = must(ask<number>('killed.db', READY), 'there are conversations');
    for (let kills = 0; kills < 4; kills += 1) {
      const before = ask<number>('killed.db', RESULTS) ?? 0;
      const child = place.start(['--db', 'killed.db', 'analysis', 'run'], 'ignore');
      const ended = new Promise((resolve) => child.once('close', resolve));
      await until('it has begun', () => (ask<number>('killed.db', RESULTS) ?? 0) > before || child.exitCode !== null);
      await pause(kills * 7);
      child.kill('SIGKILL');
      await ended;
    }
    const last = await place.run(['--db', 'killed.db', '--json', 'analysis', 'run']);
    expect(last.status, last.stderr).toBe(0);
    await place.run(['--db', 'killed.db', '--json', 'analysis', 'run']);
    expect(ask('killed.db', RESULTS)).toBe(ready);
    expect(ask('killed.db', TWICE)).toBe(0);
    expect(ask('killed.db', 'SELECT count(*) FROM jobs')).toBe(0);
  });
});

describe('a pass of the user', () => {
  it('is loaded, checked, and run; what it does wrong is a dead letter that can be tried again or discarded', async () => {
    const run = await imported('own.db');
    const good = moduleWith('first-words', 'return { first: transcript.messages[0].text };');
    expect(parsed(await run('--json', 'analysis', 'passes', '--passes', good))).toMatchObject({
      passes: [{ name: 'conversation-stats' }, { name: 'first-words', version: 1, origin: 'module' }],
    });
    const done = await run('--json', 'analysis', 'backfill', 'first-words', '--passes', good);
    expect(parsed(done)).toMatchObject({ state: 'completed', failed: 0 });
    const broken = moduleWith(
      'broken',
      `if (transcript.conversationId % 2 === 0) return { first: null };
       const error = new Error(transcript.messages[0].text);
       throw Object.assign(error, { name: 'PassError', code: 'NO', isFinal: true });`,
    );
    const failing = await run('--json', 'analysis', 'backfill', 'broken', '--passes', broken);
    const { done: well, failed, total } = parsed(failing) as { done: number; failed: number; total: number };
    expect(failed).toBeGreaterThan(0);
    expect(well + failed).toBe(total);
    const { jobs } = parsed(await run('--json', 'jobs')) as { jobs: { id: number; failure: unknown }[] };
    expect(jobs).toHaveLength(failed);
    expect(jobs[0]).toMatchObject({ pass: 'broken', state: 'failed', attempts: 1 });
    // Its words may be anybody's.
    expect(jobs[0]?.failure).toEqual({ code: 'NO', reason: 'the pass said so' });
    const [first, second] = jobs.map(({ id }) => String(id)) as [string, string];
    expect(parsed(await run('--json', 'jobs', 'discard', first))).toEqual({ discarded: 1 });
    expect(parsed(await run('--json', 'jobs', 'retry', second))).toEqual({ retried: 1, replaced: 0 });
    const left = parsed(await run('--json', 'jobs')) as { jobs: { id: number; state: string }[] };
    expect(left.jobs.find(({ id }) => String(id) === second)?.state).toBe('queued');
    expect(left.jobs.some(({ id }) => String(id) === first)).toBe(false);
    moduleWith('broken', 'return { first: null };');
    await run('--json', 'analysis', 'run', '--passes', broken);
    expect(ask('own.db', `SELECT state FROM analysis_runs WHERE id = ${second}`)).toBe('completed');
    expect(ask('own.db', `SELECT state FROM analysis_runs WHERE id = ${first}`)).toBe('discarded');
  });

  it.each([
    ['is not there', 'nowhere.mjs', 'USAGE'],
    ['is not on', null, 'PASS_NOT_FOUND'],
  ])('that %s is told of', async (_, file, code) => {
    const run = await imported('missing.db');
    const more = file === null ? [] : ['--passes', place.file(file)];
    const failed = await run('analysis', 'backfill', 'nothing', ...more);
    expect(errorCode(failed), failed.stderr).toBe(code);
  });
});

describe('beside following', () => {
  it('a conversation is analysed while it goes on, when it is over, and again when it is not', {
    timeout: 60_000,
  }, async () => {
    await using it = scene(place, 'following');
    const settings = ['--live-analysis-seconds', '0.2'];
    const first = await it.sync(...settings).live();
    const said = guidOf(await it.act({ act: 'say', from: 'me', text: 'one' }));
    const live = await first.event('analysis_completed', ({ data }) => data.kind === 'live');
    const conversation = must(live.data.conversationId, 'it is of a conversation');
    const result = (kind: string) =>
      parsedResult(
        it.store,
        `SELECT result FROM analysis_results WHERE conversation_id = ${conversation} AND kind = '${kind}'`,
      );
    expect(result('live')).toMatchObject({ messages: expect.any(Number) as number });
    const chat = messageOf(it.store, said)?.chat_id;
    const sealed = await it.run('--json', 'seal', String(chat));
    expect(JSON.parse(sealed.stdout)).toEqual({ sealed: 1 });
    const isOfIt = ({ data }: { data: { conversationId: number | null; kind?: string } }) =>
      data.kind === 'batch' && data.conversationId === conversation;
    const over = await first.event('analysis_completed', isOfIt);
    const words = (result('batch') as { words: number }).words;
    await first.stop('SIGKILL');
    const second = await it.sync(...settings).live();
    await it.act({ act: 'edit', message: said, text: 'one two three four five six seven' });
    await second.event('analysis_completed', isOfIt, over.id);
    expect((result('batch') as { words: number }).words).toBe(words + 6);
    const ended = await second.stop();
    expect(ended.ms).toBeLessThan(5_000);
    const order = eventsOf(it.store)
      .filter((event) => event.type.startsWith('analysis_') && isOfIt(event as never))
      .map(({ type }) => type.replace('analysis_', ''));
    expect(order).toEqual(['queued', 'started', 'completed', 'queued', 'started', 'completed']);
  });
});

function parsedResult(store: string, sql: string): unknown {
  using db = openStoreForReading(store);
  return JSON.parse(must(db.value<string>(sql), 'there is a result')) as unknown;
}

describe('the pass of the language model', () => {
  it('is on where its server is this machine, and off until somebody agrees where it is not', async () => {
    await using server = await llmServer((response) => asJson(response, JSON.stringify(GOOD)));
    const run = await imported('llm.db');
    const here = ['--llm-url', server.url, '--llm-model', 'small'];
    const done = await run('--json', 'analysis', 'backfill', 'llm', '--top', '1', ...here);
    expect(done.status, done.stderr).toBe(0);
    expect(parsed(done)).toMatchObject({ state: 'completed', failed: 0 });
    expect(ask('llm.db', `SELECT count(*) FROM analysis_results WHERE pass = 'llm'`)).toBeGreaterThan(0);
    expect(ask('llm.db', `SELECT tokens FROM analysis_usage WHERE pass = 'llm'`)).toBeGreaterThan(0);
    const before = server.requests.length;
    const elsewhere = await run('analysis', 'passes', '--llm-url', 'https://llm.example/v1', '--llm-model', 'x');
    expect(elsewhere.stderr).toContain('off until you agree');
    expect(elsewhere.stdout).not.toContain('llm');
    expect(server.requests).toHaveLength(before);
  });

  it('stops at what it may use on one day, and says so', async () => {
    await using server = await llmServer((response) => asJson(response, JSON.stringify(GOOD)));
    await imported('bounds.db');
    const words = ['--llm-url', server.url, '--llm-model', 'small', '--llm-tokens-per-day', '9000'];
    const child = place.start(['--db', 'bounds.db', 'analysis', 'backfill', 'llm', ...words]);
    let stderr = '';
    child.stderr?.on('data', (piece: Buffer) => {
      stderr += piece.toString();
    });
    await until('it says so', () => stderr.includes('ANALYSIS_BOUND'));
    const ended = new Promise<number | null>((resolve) => child.once('close', (status) => resolve(status)));
    child.kill('SIGINT');
    expect(await ended).toBe(130);
    expect(stderr).toContain('it goes on with the next');
    expect(server.requests.length).toBeLessThan(40);
  });
});

it('another program that analyses in bulk keeps analysis, and nothing else, from going on', async () => {
  await imported('paused.db');
  const child = place.start([
    '--db',
    'paused.db',
    'analysis',
    'run',
    '--bulk-analysis-running',
    '--bulk-analysis-minutes',
    '0.05',
  ]);
  let stderr = '';
  child.stderr?.on('data', (piece: Buffer) => {
    stderr += piece.toString();
  });
  await until('it says so', () => stderr.includes('CHATSTATS_BULK_ANALYSIS_RUNNING'));
  expect(ask('paused.db', RESULTS)).toBe(0);
  const status = await new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)));
  expect(stderr).toContain('ANALYSIS_RESUMED');
  expect(status).toBe(0);
  expect(ask('paused.db', RESULTS)).toBe(ask('paused.db', READY));
});
