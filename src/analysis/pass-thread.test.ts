import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { LeasedJob } from '../jobs/index.ts';
import { PassThread } from './pass-thread.ts';

function moduleOf(source: string): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'chatstats-passes-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'passes.mjs');
  writeFileSync(file, source);
  return file;
}

const pass = (body: string, more = '') => `
  { name: 'own', version: 3, kind: 'batch', input: (transcript) => transcript, schema: (z) => z.object({ n: z.number() }),
    run: async (transcript, { used, signal }) => { ${body} }, ${more} }`;

const start = (source: string) => PassThread.start('', { module: moduleOf(source), names: ['own'], llm: null });
const job = (transcript: unknown = {}) =>
  ({ payload: { kind: 'batch', pass: 'own', version: 3, fingerprint: 'f', transcript } }) as LeasedJob;
const never = new AbortController().signal;

describe('the thread of the passes', () => {
  it('runs a module of the user, with our zod, and says what was used', async () => {
    await using thread = await start(
      `export default ${pass('used({ tokens: 2.2, cost: 1 }); return { n: transcript.n + 1 };')}`,
    );
    expect(thread.passes).toMatchObject([{ name: 'own', version: 3, kinds: ['batch'], origin: 'module' }]);
    expect(await thread.run(job({ n: 4 }), never)).toEqual({
      result: { value: { n: 5 }, usage: { tokens: 3, cost: 1 } },
    });
    expect(
      await thread.run({ ...job(), payload: { ...(job().payload as object), version: 2 } } as LeasedJob, never),
    ).toMatchObject({
      failure: { code: 'PASS_UNKNOWN' },
    });
  });

  it('is followed by another when a pass ends it', async () => {
    await using thread = await start(
      `export default ${pass('if (transcript.ends) process.exit(1); return { n: 1 };')}`,
    );
    expect(await thread.run(job({ ends: true }), never)).toMatchObject({ failure: { code: 'PASS_THREAD_ENDED' } });
    expect(await thread.run(job(), never)).toMatchObject({ result: { value: { n: 1 } } });
  });

  it('gives up on a run that takes too long, and on one that nobody wants any more', async () => {
    await using thread = await start(`export default ${pass('await new Promise(() => {});', 'timeoutMs: 50')}`);
    expect(await thread.run(job(), never)).toMatchObject({ failure: { code: 'TIMED_OUT' } });
    const stop = new AbortController();
    const running = thread.run(job(), stop.signal);
    stop.abort();
    expect(await running).toBeNull();
  });

  it.each([
    ['throws', 'throw new Error("what they wrote");', 'PASS_FAILED'],
    ['returns something else', 'return { n: "one" };', 'RESULT_NOT_VALID'],
    ['returns too much', 'return { n: 1, more: "x".repeat(2 ** 21) };', undefined],
  ])('a run that %s says so without its words', async (_, body, code) => {
    await using thread = await start(`export default ${pass(body)}`);
    const outcome = await thread.run(job(), never);
    // What the schema does not know is left out.
    if (code === undefined) expect(outcome).toMatchObject({ result: { value: { n: 1 } } });
    else expect(outcome).toMatchObject({ failure: { code } });
    expect(JSON.stringify(outcome)).not.toContain('what they wrote');
  });

  it.each([
    ['is no JavaScript', 'export default {{', 'cannot be loaded'],
    ['exports nothing', 'export const pass = 1;', 'is to be a pass'],
    ['has a name of another form', `export default { ...${pass('')}, name: 'My Pass' }`, 'its name'],
    ['has two of one name', `export default [${pass('')}, ${pass('')}]`, 'two passes'],
    ['has one of a name that is taken', `export default { ...${pass('')}, name: 'conversation-stats' }`, 'two passes'],
  ])('a module that %s is refused when it is loaded', async (_, source, words) => {
    await expect(start(source)).rejects.toThrow(words);
  });
});
