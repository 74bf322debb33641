import { createReadStream } from 'node:fs';
import { ChatStatsError } from '../kernel/index.ts';
import type { Backup } from '../sources/iphone-backup/index.ts';
import type { Invocation } from './invocation.ts';
import { shown } from './terminal.ts';
import type { KeyInput, World } from './world.ts';

/** Nobody has a longer one; whatever else is at the descriptor is not read to its end. */
const LONGEST_BYTES = 64 * 1024;
const NEWLINE = 0x0a;
const RETURN = 0x0d;

/**
 * The password of a backup: from the descriptor that was named, from the environment, or asked for on the terminal
 * without showing it; never from an argument, which everybody on the machine can see. Throws BACKUP_PASSWORD_NEEDED.
 */
export async function backupPassword(
  { config, world }: Invocation,
  backup: Backup,
  signal: AbortSignal,
): Promise<Buffer> {
  if (config.passwordFd !== null) return await firstLineOf(config.passwordFd, signal);
  if (config.backupPassword !== null) return Buffer.from(config.backupPassword, 'utf8');
  const { stdin } = world;
  if (stdin === null || !asksForPasswords({ config, world })) {
    throw new ChatStatsError('BACKUP_PASSWORD_NEEDED', `the backup ${backup.folder} is encrypted`);
  }
  return await ask(stdin, world, signal, `Password of the backup of ${shown(backup.device ?? backup.id)}: `);
}

/** True where a person at a terminal is asked. */
export function asksForPasswords({ config, world }: Pick<Invocation, 'config' | 'world'>): boolean {
  if (config.passwordFd !== null || config.backupPassword !== null) return false;
  return world.stdin?.isTTY === true && world.stderr.isTTY === true;
}

async function firstLineOf(fd: number, signal: AbortSignal): Promise<Buffer> {
  const chunks: Buffer[] = [];
  try {
    let bytes = 0;
    for await (const chunk of createReadStream('', { fd, signal, autoClose: fd > 2 }) as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (chunk.includes(NEWLINE) || bytes > LONGEST_BYTES) break;
    }
  } catch (error) {
    if (signal.aborted) throw stopped();
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown reason';
    throw new ChatStatsError('USAGE', `--password-fd ${fd} cannot be read (${code})`, { cause: error });
  }
  const all = Buffer.concat(chunks);
  for (const chunk of chunks) chunk.fill(0);
  const newline = all.indexOf(NEWLINE);
  const end = newline === -1 ? all.length : newline;
  return all.subarray(0, newline !== -1 && all[end - 1] === RETURN ? end - 1 : end);
}

function stopped(): ChatStatsError {
  return new ChatStatsError('CANCELLED', 'no password was given');
}

const ENTER = /[\r\n]/;
const INTERRUPT = '\u0003';
const END_OF_INPUT = '\u0004';
const CLEAR_LINE = '\u0015';
const ERASE = ['\u007f', '\b'];

/** Reads a line from the keyboard, key by key, so that nothing of it is shown. */
async function ask(input: KeyInput, { stderr }: World, signal: AbortSignal, question: string): Promise<Buffer> {
  input.setEncoding('utf8');
  // Before the question: whoever answers at once must not see it either.
  input.setRawMode(true);
  stderr.write(question);
  let typed: string[] = [];
  try {
    return await new Promise((resolve, reject) => {
      const give = () => resolve(Buffer.from(typed.join(''), 'utf8'));
      const stop = () => reject(stopped());
      input.on('end', stop);
      signal.addEventListener('abort', stop, { once: true });
      input.on('data', (text: string) => {
        for (const key of text) {
          if (ENTER.test(key)) return give();
          if (key === INTERRUPT || (key === END_OF_INPUT && typed.length === 0)) return stop();
          if (ERASE.includes(key)) typed = typed.slice(0, -1);
          else if (key === CLEAR_LINE) typed = [];
          else typed.push(key);
        }
      });
      input.resume();
    });
  } finally {
    input.removeAllListeners('data');
    input.removeAllListeners('end');
    input.setRawMode(false);
    input.pause();
    stderr.write('\n');
  }
}
