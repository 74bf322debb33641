import { execFile, spawn } from 'node:child_process';
import os from 'node:os';
import process from 'node:process';
import { createInterface } from 'node:readline/promises';
import { runCli } from './cli/index.ts';
import { systemClock } from './kernel/index.ts';

/** The composition root: the real machine, handed to the command line. */

/** A program of the system that has not ended by then is not waited for any longer, in milliseconds. */
const PROGRAM_MS = 60_000;

// A reader that has seen enough (`| head`) ends a command quietly; a closed stderr ends nothing.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});
process.stderr.on('error', () => undefined);

const { timeZone, locale } = Intl.DateTimeFormat().resolvedOptions();

process.exitCode = await runCli({
  args: process.argv.slice(2),
  env: process.env,
  platform: process.platform,
  home: os.homedir(),
  temporaryFolder: os.tmpdir(),
  node: process.execPath,
  userId: process.getuid?.() ?? null,
  timeZone,
  locale,
  // Opening it costs, and only a terminal is ever read.
  get stdin() {
    return process.stdin;
  },
  stdout: process.stdout,
  stderr: process.stderr,
  clock: systemClock,
  ask,
  openInBrowser,
  runProgram,
  onInterrupt,
});

function onInterrupt(listener: () => void): Disposable {
  const signals = ['SIGINT', 'SIGTERM'] as const;
  // With its listeners gone, the next signal has its usual effect.
  const remove = () => {
    for (const signal of signals) process.off(signal, handle);
  };
  const handle = () => {
    remove();
    listener();
  };
  for (const signal of signals) process.on(signal, handle);
  return { [Symbol.dispose]: remove };
}

async function ask(question: string): Promise<string | null> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return null;
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await lines.question(question);
  } catch {
    // The person ended the input.
    return null;
  } finally {
    lines.close();
  }
}

function runProgram(
  command: string,
  args: readonly string[],
): Promise<{ status: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(command, args, { timeout: PROGRAM_MS }, (error, stdout, stderr) => {
      // A number is an exit code; a word, such as ENOENT, says that there was no process.
      const status = error === null ? 0 : typeof error.code === 'number' ? error.code : null;
      resolve({ status, stdout, stderr });
    });
  });
}

function openInBrowser(address: string): void {
  const [command, ...args] =
    process.platform === 'darwin'
      ? ['open', address]
      : process.platform === 'win32'
        ? ['rundll32', 'url.dll,FileProtocolHandler', address]
        : ['xdg-open', address];
  const browser = spawn(command, args, { stdio: 'ignore', detached: true });
  browser.on('error', () => undefined);
  browser.unref();
}
