import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { resolveConfig } from '../config/index.ts';
import { fixedClock } from '../kernel/index.ts';
import { analysisArgs } from './analysing.ts';
import type { Invocation } from './invocation.ts';

const LOCAL = 'http://127.0.0.1:11434/v1';
const ELSEWHERE = 'https://llm.example/v1';

/** A command without a store, on a machine whose person answers so; null: nobody is there to ask. */
function invocation(flags: Record<string, unknown>, answer: string | null = null, env: Record<string, string> = {}) {
  const stderr = new PassThrough();
  const asked: string[] = [];
  const machine = { platform: 'linux' as const, home: '/home/nobody', env };
  const world = {
    ...{ args: [], env, platform: 'linux', home: '/home/nobody', temporaryFolder: '/tmp', node: '', userId: null },
    ...{ timeZone: 'UTC', locale: 'en', stdout: new PassThrough(), stderr, clock: fixedClock(1_000_000) },
    ask: async (question: string) => {
      asked.push(question);
      return answer;
    },
    openInBrowser: () => undefined,
    runProgram: async () => ({ status: 0, stdout: '', stderr: '' }),
    onInterrupt: () => ({ [Symbol.dispose]: () => undefined }),
  };
  const config = resolveConfig({ flags: { db: '/nonexistent/store.db', ...flags }, file: null, machine });
  const called = { world, config, flags, words: [] } as unknown as Invocation;
  return { called, asked, said: () => String(stderr.read() ?? '') };
}

const llm = (url: string) => ({ 'llm-url': url, 'llm-model': 'small' });

describe('what is analysed', () => {
  it('is what is configured; none turns it off', async () => {
    expect(await analysisArgs(invocation({ analysis: 'none' }).called)).toBeNull();
    expect(await analysisArgs(invocation({}).called)).toMatchObject({
      ...{ passes: { module: null, names: null, llm: null }, consent: null, pausedUntilMs: null, redisUrl: null },
    });
    const named = invocation({ analysis: 'a, b', passes: '/x/own.mjs' });
    expect(await analysisArgs(named.called)).toMatchObject({ passes: { module: '/x/own.mjs', names: ['a', 'b'] } });
  });

  it('waits where the environment says that somebody else analyses in bulk', async () => {
    const { called } = invocation({ 'bulk-analysis-minutes': 2 }, null, { CHATSTATS_BULK_ANALYSIS_RUNNING: '1' });
    expect(await analysisArgs(called)).toMatchObject({ pausedUntilMs: 1_120_000 });
  });
});

describe('the language model', () => {
  it('is asked for nothing where its server is this machine, and has its key from the environment', async () => {
    for (const url of [LOCAL, 'http://localhost:1/v1', 'http://[::1]:1/v1']) {
      const { called, asked } = invocation(llm(url), 'no', { CHATSTATS_LLM_KEY: 'sk' });
      expect(await analysisArgs(called)).toMatchObject({
        passes: { llm: { url, model: 'small', key: 'sk' } },
        consent: null,
      });
      expect(asked).toEqual([]);
    }
  });

  it.each([
    ['yes', true],
    ['YES ', true],
    ['y', false],
    ['no', false],
    ['', false],
  ])('another machine is asked about in words, and "%s" is kept as %s', async (answer, isGiven) => {
    const { called, asked } = invocation(llm(ELSEWHERE), answer);
    const args = await analysisArgs(called);
    expect(asked).toHaveLength(1);
    expect(asked[0]).toContain('https://llm.example');
    expect(args?.consent).toEqual({ origin: 'https://llm.example', isGiven });
    expect(args?.passes.llm !== null).toBe(isGiven);
  });

  it('stays off where there is nobody to ask, and says so', async () => {
    for (const url of [ELSEWHERE, 'http://127.0.0.1.llm.example/v1', 'http://192.168.1.10/v1']) {
      const { called, said } = invocation(llm(url));
      expect(await analysisArgs(called)).toMatchObject({ passes: { llm: null }, consent: null });
      expect(said()).toContain('off until you agree');
    }
  });

  it.each([
    ['no address', 'somewhere'],
    ['another protocol', 'ftp://127.0.0.1/v1'],
    ['a password in it', 'http://me:secret@127.0.0.1/v1'],
  ])('%s is refused', async (_, url) => {
    const failed = analysisArgs(invocation(llm(url)).called);
    await expect(failed).rejects.toMatchObject({ code: 'USAGE' });
    await expect(failed).rejects.not.toThrow('secret');
  });
});
