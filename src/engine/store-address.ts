import { createHash } from 'node:crypto';
import { lstatSync, realpathSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';

/** Where the owner of a store can be spoken to. Both sides find it by the place of the store alone. */
export type StoreAddress = {
  /** The store by the real path of its folder: whoever owns it holds a lock beside that very name. */
  identity: string;
  /** The path of the socket, or the name of the pipe. */
  socket: string;
  /** A folder made for the socket alone, where there was no room for it beside the store. */
  folder: string | null;
};

/** The longest path of a socket, in bytes: 104 on macOS and 108 on Linux, less its end and some for safety. */
const MAX_SOCKET_BYTES = 100;
const IDENTITY_CHARACTERS = 32;

/** The folder of the store has to exist. */
export function storeAddress(store: string): StoreAddress {
  const absolute = path.resolve(store);
  const real = path.join(realpathSync(path.dirname(absolute)), path.basename(absolute));
  const identity = createHash('sha256').update(real).digest('hex').slice(0, IDENTITY_CHARACTERS);
  if (process.platform === 'win32') return { identity, socket: `\\\\.\\pipe\\chatstats-${identity}`, folder: null };
  const beside = `${real}-socket`;
  if (fits(beside)) return { identity, socket: beside, folder: null };
  const folders = [os.tmpdir(), '/tmp'].map((parent) => path.join(parent, `chatstats-${identity}`));
  const folder = folders.find((candidate) => fits(path.join(candidate, 'socket'))) ?? `/tmp/chatstats-${identity}`;
  return { identity, socket: path.join(folder, 'socket'), folder };
}

function fits(socket: string): boolean {
  return Buffer.byteLength(socket) <= MAX_SOCKET_BYTES;
}

/** In a folder that everybody may write to, the name could have been taken by somebody else. */
export function isPrivate(folder: string): boolean {
  const stat = lstatSync(folder, { throwIfNoEntry: false });
  if (stat === undefined || !stat.isDirectory()) return false;
  return stat.uid === process.getuid?.() && (stat.mode & 0o077) === 0;
}
