import type { JobFailure, JobKind, JobOutcome, LeasedJob } from '../jobs/index.ts';
import { pause } from '../kernel/index.ts';
import type { Transcript } from '../model/index.ts';
import type { LoadedPass } from './load-passes.ts';
import { type Pass, PassError, type Usage } from './pass.ts';

/** What a job of analysis holds: all that is needed to do it, so that it can be done where there is no store. */
export type AnalysisPayload = {
  kind: JobKind;
  pass: string;
  version: number;
  fingerprint: string;
  transcript: Transcript;
};

/** What comes back. `value` is null where the pass had nothing to say. */
export type AnalysisResult = { value: unknown; usage: Usage };

export const MOST_RESULT_BYTES = 1024 * 1024;
const USUAL_TIMEOUT_MS = 60_000;
const USUAL_CONCURRENCY = 4;
/** A pass that was told to stop and goes on is let go of after this, in milliseconds. */
const ABORT_MS = 500;

/** Runs passes: each at most so many times at once, within its time, and only with a result that is what it says. */
export class PassRuns {
  readonly #passes: ReadonlyMap<string, Pass>;
  readonly #places = new Map<string, { free: number; waiting: (() => void)[] }>();

  constructor(loaded: readonly LoadedPass[]) {
    this.#passes = new Map(loaded.map(({ pass }) => [pass.name, pass]));
  }

  /** One job; null when it was aborted. */
  async run(job: Pick<LeasedJob, 'payload'>, signal: AbortSignal): Promise<JobOutcome> {
    const payload = job.payload as AnalysisPayload;
    const pass = this.#passes.get(payload.pass);
    if (pass === undefined || pass.version !== payload.version) {
      // Another worker may have it.
      return failure('PASS_UNKNOWN', 'this worker does not have the pass in the version that was asked for');
    }
    const place = await this.#place(pass, signal);
    if (place === null) return null;
    try {
      return await within(pass, payload, signal);
    } finally {
      place();
    }
  }

  async #place(pass: Pass, signal: AbortSignal): Promise<(() => void) | null> {
    const places = this.#places.get(pass.name) ?? { free: pass.concurrency ?? USUAL_CONCURRENCY, waiting: [] };
    this.#places.set(pass.name, places);
    while (places.free === 0 && !signal.aborted) {
      await new Promise<void>((resolve) => {
        places.waiting.push(resolve);
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
    }
    if (signal.aborted) return null;
    places.free -= 1;
    return () => {
      places.free += 1;
      places.waiting.shift()?.();
    };
  }
}

async function within(pass: Pass, payload: AnalysisPayload, signal: AbortSignal): Promise<JobOutcome> {
  const timeoutMs = pass.timeoutMs ?? USUAL_TIMEOUT_MS;
  const enough = new AbortController();
  const ended = new AbortController();
  const usage: Usage = { tokens: 0, cost: 0 };
  const timer = pause(timeoutMs, ended.signal).then(() => ended.signal.aborted || enough.abort());
  const both = AbortSignal.any([signal, enough.signal]);
  const context = {
    kind: payload.kind,
    signal: both,
    used: ({ tokens, cost }: Usage) => {
      usage.tokens += Math.max(0, Math.ceil(tokens));
      usage.cost += Math.max(0, Math.ceil(cost));
    },
  };
  try {
    const work = Promise.resolve().then(() => {
      const input = pass.input(payload.transcript);
      return input === null ? null : pass.run(input, context);
    });
    work.catch(() => undefined);
    const value = await Promise.race([work, aborted(both)]);
    if (signal.aborted) return null;
    if (value === TOO_LONG) return tookTooLong(timeoutMs);
    return checked(pass, value, usage);
  } catch (error) {
    if (signal.aborted) return null;
    return enough.signal.aborted ? tookTooLong(timeoutMs) : failureOf(error);
  } finally {
    ended.abort();
    await timer;
  }
}

function tookTooLong(timeoutMs: number): { failure: JobFailure } {
  return failure('TIMED_OUT', `it took longer than ${timeoutMs} ms`);
}

const TOO_LONG = Symbol('too long');

/** A moment after `signal`, so that a pass that listens to it may say what became of it. */
async function aborted(signal: AbortSignal): Promise<typeof TOO_LONG> {
  if (!signal.aborted) {
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  }
  await pause(ABORT_MS);
  return TOO_LONG;
}

function checked(pass: Pass, value: unknown, usage: Usage): JobOutcome {
  if (value === null || value === undefined) return { result: { value: null, usage } satisfies AnalysisResult };
  const result = pass.schema.safeParse(value);
  if (!result.success) return failure('RESULT_NOT_VALID', 'the result does not fit the schema of the pass');
  let text: string;
  try {
    text = JSON.stringify(result.data);
  } catch {
    return failure('RESULT_NOT_VALID', 'the result is nothing that JSON can say');
  }
  if (Buffer.byteLength(text) > MOST_RESULT_BYTES) return failure('RESULT_TOO_LONG', 'the result is too long', true);
  return { result: { value: JSON.parse(text) as unknown, usage } satisfies AnalysisResult };
}

function failureOf(error: unknown): JobOutcome {
  if (error instanceof PassError || (error as { name?: unknown } | null)?.name === 'PassError') {
    const { code, message, retryAfterMs, isFinal } = error as PassError;
    const named = /^[A-Z][A-Z0-9_]{0,39}$/.test(code) ? code : 'PASS_FAILED';
    return {
      failure: {
        code: named,
        // Of a module's own errors nobody knows what their words hold.
        reason: error instanceof PassError ? message : 'the pass said so',
        ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
        isFinal,
      },
    };
  }
  const name = error instanceof Error && /^\w{1,60}$/.test(error.name) ? error.name : 'Error';
  return failure('PASS_FAILED', `the pass failed (${name})`);
}

function failure(code: string, reason: string, isFinal = false): { failure: JobFailure } {
  return { failure: { code, reason, isFinal } };
}
