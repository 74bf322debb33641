import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import process from 'node:process';
import { JOB_LIMITS } from '../../src/analysis/index.ts';
import { BullQueue } from '../../src/jobs/index.ts';
import { pause, systemClock, systemRandom } from '../../src/kernel/index.ts';
import { projectRoot } from '../project-files.ts';
import { AnalysisDriver, loadedPass } from '../support/analysis-driver.ts';
import { madeUpHistory, runImport } from '../support/fixture.ts';
import { slowPass } from './slow-pass.ts';

/** What is not done after this is never done; each message makes the history, and so the work, longer. */
const GIVE_UP_MS = 120_000;
const GIVE_UP_MS_PER_MESSAGE = 5;
/** As long as nobody works; what is lost is asked for again so often, in milliseconds. */
const REPAIR_MS = 500;

/** A store with so many conversations that a pass is to look at, over the queue of a Redis. */
export async function jobsScene(url: string, { messages = 2_000, passMs = 0, pass = slowPass(passMs) } = {}) {
  const fixture = madeUpHistory({ messages, seed: 12 });
  await runImport(fixture);
  const queue = openQueue(url);
  const driver = new AnalysisDriver({
    store: fixture.store,
    clock: systemClock,
    passes: [loadedPass(pass)],
    queue,
  });
  await driver.analysis.begin();
  const { conversations } = await driver.analysis.forecast(null, { chat: null, top: null });
  return {
    ...fixture,
    ...{ driver, queue, conversations },
    async begin() {
      await driver.analysis.begun('backfill', null, { chat: null, top: null });
    },
    /** The part of whoever keeps the store, until all is done; a Redis that is away is waited for, as the loop does. */
    async settleAll(meanwhile: () => Promise<void> = async () => {}): Promise<void> {
      let repairedAt = 0;
      for (
        const endMs = performance.now() + GIVE_UP_MS + messages * GIVE_UP_MS_PER_MESSAGE;
        open(driver) > 0;
        await pause(10)
      ) {
        if (performance.now() > endMs) throw new Error(`${open(driver)} of ${conversations} are never done`);
        try {
          await meanwhile();
          while (await driver.analysis.plan());
          while (await driver.analysis.fill());
          while (await driver.analysis.settle());
          if (performance.now() - repairedAt < REPAIR_MS) continue;
          repairedAt = performance.now();
          await driver.analysis.repair();
        } catch {
          await pause(50);
        }
      }
    },
    async [Symbol.asyncDispose]() {
      await queue[Symbol.asyncDispose]();
      driver[Symbol.dispose]();
    },
  };
}

export type JobsScene = Awaited<ReturnType<typeof jobsScene>>;

export function openQueue(url: string, leaseMs = 1_500): BullQueue {
  const concurrency = { live: 256, batch: 256 };
  return new BullQueue({
    ...JOB_LIMITS,
    attempts: 1_000,
    leaseMs,
    concurrency,
    url,
    clock: systemClock,
    random: systemRandom,
  });
}

function open({ db }: AnalysisDriver): number {
  const targets =
    db.value<number>(`SELECT count(*) FROM analysis_targets WHERE state NOT IN ('done', 'dead', 'discarded')`) ?? 0;
  const plans = db.value<number>(`SELECT count(*) FROM historic_analysis_status WHERE state = 'planning'`) ?? 0;
  return targets + plans;
}

/** What is wrong with what came of it: each conversation has one result, of its own content, and each run one end. */
export function faultsOf({ driver: { db }, conversations }: JobsScene): string[] {
  const one = (sql: string) => db.value<number>(sql) ?? 0;
  const results = one('SELECT count(*) FROM analysis_results WHERE stale_at IS NULL');
  const wrong = one(
    `SELECT count(*) FROM analysis_results r JOIN conversations c ON c.id = r.conversation_id
     WHERE json_extract(r.result, '$.conversation') <> c.id OR json_extract(r.result, '$.messages') <> c.message_count`,
  );
  const completed = one(
    `SELECT count(*) FROM events WHERE type = 'analysis_completed' AND json_extract(data, '$.run') IS NOT NULL`,
  );
  const repeated = one(
    `SELECT count(*) FROM (SELECT 1 FROM events WHERE type = 'analysis_completed'
       GROUP BY json_extract(data, '$.run') HAVING count(*) > 1 AND json_extract(data, '$.run') IS NOT NULL)`,
  );
  const failed = one(`SELECT count(*) FROM analysis_runs WHERE state <> 'completed'`);
  return [
    ...(results === conversations ? [] : [`${results} results of ${conversations} conversations`]),
    ...(completed === conversations ? [] : [`${completed} times told of ${conversations} conversations`]),
    ...(wrong === 0 ? [] : [`${wrong} results are of something else`]),
    ...(repeated === 0 ? [] : [`${repeated} are told of more than once`]),
    ...(failed === 0 ? [] : [`${failed} runs did not complete`]),
  ];
}

/** Workers in processes of their own; one that was killed is followed by another. */
export class Workers implements AsyncDisposable {
  readonly #args: string[];
  readonly #children: ChildProcess[] = [];
  kills = 0;

  constructor(url: string, count: number, { passMs = 0, leaseMs = 1_500 } = {}) {
    this.#args = [url, String(passMs), String(leaseMs)];
    for (let each = 0; each < count; each += 1) this.#children.push(this.#start());
  }

  #start(): ChildProcess {
    const program = path.join(projectRoot, 'test', 'redis', 'slow-worker.ts');
    return spawn(process.execPath, ['--disable-warning=ExperimentalWarning', program, ...this.#args], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  }

  async killOne(): Promise<void> {
    const at = this.kills % this.#children.length;
    await end(this.#children[at], 'SIGKILL');
    this.kills += 1;
    this.#children[at] = this.#start();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#children.map((child) => end(child, 'SIGKILL')));
  }
}

async function end(child: ChildProcess | undefined, signal: NodeJS.Signals): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const over = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  await over;
}
