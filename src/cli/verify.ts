import { ChatStatsError, EXIT, type ExitCode } from '../kernel/index.ts';
import { type VerifyOptions, type VerifyReport, verifySource } from '../pipeline/index.ts';
import { type Invocation, print, printJson, warn } from './invocation.ts';
import { openSource, withProblems } from './opened-source.ts';
import { importProgress } from './progress.ts';
import { grouped, pairs, terminalOf } from './terminal.ts';

/** So many differences are listed for people; --json has more. */
const SHOWN = 20;

export async function run(invocation: Invocation): Promise<ExitCode> {
  const { config } = invocation;
  using source = await openSource(invocation);
  const opening = `comparing ${config.db} with ${source.place}`;
  const compared = await verifyWithProgress(invocation, { ...source.settings, store: config.db }, opening);
  const report = withProblems(compared, source.problems);
  for (const problem of report.problems) warn(invocation, problem);
  if (config.json) printJson(invocation, report);
  else print(invocation, reportLines(invocation, report));
  if (report.ok) return EXIT.done;
  const places = report.differenceCount === 1 ? 'one place' : `${grouped(report.differenceCount)} places`;
  throw new ChatStatsError('DIFFERENCES', `store and source differ in ${places}`);
}

type Task = Omit<VerifyOptions, 'clock' | 'onProgress' | 'signal'>;

/** Compares, shows how far it is, and stops when the person asks to: then it throws CANCELLED. */
export async function verifyWithProgress({ world }: Invocation, task: Task, opening: string): Promise<VerifyReport> {
  const abort = new AbortController();
  using _interrupt = world.onInterrupt(() => abort.abort());
  using progress = importProgress(world, { opening, kind: 'verify' });
  return await verifySource({
    ...task,
    clock: world.clock,
    signal: abort.signal,
    onProgress: (reached) => progress.update(reached),
  });
}

const ASIDE_WORDS: Record<keyof VerifyReport['setAside'], string> = {
  deleted: 'messages that only the store has, marked deleted',
  vanished: 'reactions that only the store has, marked removed',
  otherSources: 'rows that another source brought',
  unsent: 'unsent messages of which the store holds more',
  filled: 'messages that another source or a later edit completed',
  letGo: 'other rows that the source has let go of',
};

function reportLines({ world }: Invocation, report: VerifyReport): string[] {
  const { style } = terminalOf(world.stdout, world);
  const counts = Object.entries(report.source).map(([name, count]) => {
    const held = report.store[name as keyof VerifyReport['store']];
    return [name === 'quarantined' ? 'set aside' : name, grouped(count), grouped(held)] as const;
  });
  const rows = [['', 'source', 'store'] as const, ...counts];
  const width = (at: 0 | 1 | 2) => Math.max(...rows.map((row) => row[at].length));
  const table = rows.map(
    ([name, source, store]) => `  ${name.padEnd(width(0))}  ${source.padStart(width(1))}  ${store.padStart(width(2))}`,
  );
  const aside = Object.entries(ASIDE_WORDS)
    .map(([key, words]) => [words, report.setAside[key as keyof VerifyReport['setAside']]] as const)
    .filter(([, count]) => count > 0);
  return [
    ...table.map((line, at) => (at === 0 ? style('bold', line) : line)),
    ...(aside.length === 0 ? [] : ['Not a difference:', ...pairs(aside)]),
    ...(report.ok ? ['Store and source agree.'] : differenceLines(report)),
  ];
}

function differenceLines({ differences, differenceCount }: VerifyReport): string[] {
  const more = differenceCount - Math.min(SHOWN, differences.length);
  return [
    'Differences:',
    ...differences.slice(0, SHOWN).map(({ kind, guid, id, what }) => `  ${kind} ${guid ?? id ?? ''}: ${what}`),
    ...(more > 0 ? [`  and ${grouped(more)} more`] : []),
  ];
}
