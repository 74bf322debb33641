import { chmodSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { refuseControls, writeWhole } from './whole-file.ts';

/**
 * What a service has to know and nobody else may: settings with a password in them, by the names of their variables. They
 * stand in a file of their own that its user alone can read: the files of launchd and systemd can be read by others and
 * are shown by their programs, and a command line is seen by everybody on the machine.
 */
export type Secrets = Readonly<Record<string, string>>;

/** The variable that tells the service where they are. */
export const SECRETS_VARIABLE = 'CHATSTATS_SERVICE_SECRETS';
const FILE_NAME = 'service-secrets';
const LINE = /^(CHATSTATS_[A-Z_]+)=(.*)$/;

export function secretsFile(folder: string): string {
  return path.join(folder, FILE_NAME);
}

/** The secrets in a file; none where there is none that may be read. */
export function secretsIn(file: string): Secrets {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return {};
  }
  return Object.fromEntries(
    text.split('\n').flatMap((line) => {
      const [, name, value] = LINE.exec(line) ?? [];
      return name === undefined || value === undefined ? [] : [[name, value]];
    }),
  );
}

/** Writes them, for their user alone; without any there is no file. */
export function keepSecrets(file: string, secrets: Secrets): void {
  const entries = Object.entries(secrets);
  if (entries.length === 0) {
    rmSync(file, { force: true });
    return;
  }
  refuseControls(Object.values(secrets));
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  writeWhole(file, `${entries.map(([name, value]) => `${name}=${value}`).join('\n')}\n`, 0o600);
  // Whatever the mask of whoever asked.
  chmodSync(file, 0o600);
}

/** The variables by which a service finds its secrets. */
export function secretVariables(file: string, secrets: Secrets): [string, string][] {
  return Object.keys(secrets).length === 0 ? [] : [[SECRETS_VARIABLE, file]];
}
