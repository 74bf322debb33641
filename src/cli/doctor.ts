import { type Check, type CheckState, type Diagnosis, examine } from '../doctor/index.ts';
import { ChatStatsError, EXIT, type ExitCode, pause } from '../kernel/index.ts';
import { serviceState } from '../service/index.ts';
import { type Invocation, print, printJson } from './invocation.ts';
import { liveStatus } from './store-access.ts';
import { type Style, terminalOf } from './terminal.ts';

/** Says what is wrong and what to do. Exit code 4 when something does not work. */
export async function run(invocation: Invocation): Promise<ExitCode> {
  const { config, world } = invocation;
  const diagnosis = await examine({
    store: config.db,
    source: config.source,
    addressBook: config.addressBook,
    machine: world,
    clock: world.clock,
    live: await liveStatus(config.db),
    service: await serviceState({ ...world, wait: pause }),
    thorough: true,
  });
  if (config.json) printJson(invocation, diagnosis);
  else print(invocation, diagnosisLines(invocation, diagnosis));
  const broken = diagnosis.checks.filter(({ state }) => state === 'failed').length;
  if (broken === 0) return EXIT.done;
  throw new ChatStatsError('PROBLEMS_FOUND', `${broken} of ${diagnosis.checks.length} checks failed`);
}

const MARKS: Record<CheckState, readonly [mark: string, style: Style]> = {
  ok: ['✓', 'good'],
  warning: ['!', 'doubtful'],
  failed: ['✗', 'bad'],
  skipped: ['-', 'dim'],
};

/** One screen: what was found in a line each, what to do below it. Checks that were left out for one reason share a line. */
function diagnosisLines({ world }: Invocation, { checks }: Diagnosis): string[] {
  const { style } = terminalOf(world.stdout, world);
  const width = Math.max(...checks.map(({ title }) => title.length));
  const leftOut = new Map<string, string[]>();
  for (const { state, found, title } of checks) {
    if (state === 'skipped') leftOut.set(found, [...(leftOut.get(found) ?? []), title]);
  }
  const lineOf = ({ title, state, found, remedy }: Check): string[] => {
    const [mark, colour] = MARKS[state];
    const together = state === 'skipped' ? (leftOut.get(found) ?? []) : [];
    if (together.length > 1) {
      return together[0] === title ? [style('dim', `${mark} ${together.join(', ')}: ${found}`)] : [];
    }
    const line = `${title.padEnd(width)}  ${found}`;
    const marked = state === 'skipped' ? style('dim', `${mark} ${line}`) : `${style(colour, mark)} ${line}`;
    return remedy === null ? [marked] : [marked, `${' '.repeat(width + 4)}${style('bold', '→')} ${remedy}`];
  };
  return [...checks.flatMap(lineOf), '', style('bold', sumOf(checks))];
}

function sumOf(checks: readonly Check[]): string {
  const count = (state: CheckState) => checks.filter((check) => check.state === state).length;
  const [broken, doubtful] = [count('failed'), count('warning')];
  if (broken + doubtful === 0) return 'All is well.';
  return `${[...(broken > 0 ? [`${broken} failed`] : []), ...(doubtful > 0 ? [`${doubtful} worth a look`] : [])].join(', ')}.`;
}
