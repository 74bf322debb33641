import { EXIT, type ExitCode } from '../kernel/index.ts';
import {
  type Backup,
  backupSize,
  describeBackup,
  locateBackups,
  locateUsualBackups,
  removeLeftovers,
} from '../sources/iphone-backup/index.ts';
import { type Invocation, print, printJson } from './invocation.ts';
import { bytes, columnsOf, padEnd, shown, terminalOf } from './terminal.ts';

type Sized = Backup & { bytes: number };

/** Lists the iPhone backups of this machine, or of a folder. */
export async function run(invocation: Invocation): Promise<ExitCode> {
  const { config, world, words } = invocation;
  removeLeftovers();
  const abort = new AbortController();
  using _interrupt = world.onInterrupt(() => abort.abort());
  const [named] = words;
  const { places, folders } =
    named === undefined ? locateUsualBackups(world) : { places: [named], folders: locateBackups(named) };
  const backups: Sized[] = [];
  for (const folder of folders) {
    backups.push({ ...describeBackup(folder), bytes: await backupSize(folder, abort.signal) });
  }
  backups.sort((one, other) => (other.madeAt ?? 0) - (one.madeAt ?? 0));
  if (config.json) printJson(invocation, { backups: backups.map(jsonOf) });
  else if (places.length === 0)
    print(invocation, ['This system has no usual place for iPhone backups: name the folder.']);
  else if (backups.length === 0) print(invocation, [`There are no iPhone backups in ${places.join(' or ')}`]);
  else print(invocation, lines(invocation, backups));
  return EXIT.done;
}

function jsonOf(backup: Sized) {
  const { id, folder, device, model, madeAt, ios, encrypted, messages, problem } = backup;
  return {
    ...{ id, folder, device, model, date: isoOf(madeAt), ios, encrypted, bytes: backup.bytes, messages },
    complete: problem === null,
    problem,
  };
}

function isoOf(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}

const HEADINGS = ['device', 'model', 'iOS', 'made', 'encrypted', 'size', 'Messages'];

/** A table, the newest first; under each backup where it is, and what is wrong with it. */
function lines({ world }: Invocation, backups: readonly Sized[]): string[] {
  const { style } = terminalOf(world.stdout, world);
  const madeAt = new Intl.DateTimeFormat('sv-SE', { dateStyle: 'short', timeStyle: 'short', timeZone: world.timeZone });
  const cells = backups.map((backup) => [
    shown(backup.device ?? 'unnamed'),
    shown(backup.model ?? ''),
    shown(backup.ios ?? ''),
    backup.madeAt === null ? '' : madeAt.format(backup.madeAt),
    backup.encrypted ? 'yes' : 'no',
    bytes(backup.bytes),
    backup.messages ? 'yes' : 'no',
  ]);
  const widths = HEADINGS.map((heading, at) =>
    Math.max(columnsOf(heading), ...cells.map((row) => columnsOf(row[at] ?? ''))),
  );
  const row = (texts: readonly string[]) =>
    texts
      .map((text, at) => padEnd(text, widths[at] ?? 0))
      .join('  ')
      .trimEnd();
  return [
    style('bold', row(HEADINGS)),
    ...backups.flatMap(({ folder, problem }, at) => [
      row(cells[at] ?? []),
      style('dim', `  ${shown(folder)}`),
      ...(problem === null ? [] : [`  ${problem.reason} (${problem.code})`]),
    ]),
  ];
}
