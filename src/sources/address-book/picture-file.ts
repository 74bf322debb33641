import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { PICTURE_BYTES_LIMIT } from './limits.ts';
import { type Avatar, pictureIn } from './picture.ts';

/** A name comes from a database that anybody may have written: it has to be that of a file in the folder itself. */
const PLAIN_NAME = /^[0-9A-Za-z_][0-9A-Za-z_:.@-]{0,200}$/;

/** The picture in the file `name` of `folder`, or null. No link is followed, and nothing but a plain file is read. */
export function readPictureFile(folder: string, name: string): Avatar | null {
  if (!PLAIN_NAME.test(name)) return null;
  let descriptor: number;
  try {
    // Without O_NONBLOCK the opening of a named pipe would wait for a writer.
    const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
    descriptor = openSync(path.join(folder, name), flags);
  } catch {
    return null;
  }
  try {
    const stat = fstatSync(descriptor);
    if (!stat.isFile() || stat.size > PICTURE_BYTES_LIMIT) return null;
    return pictureIn(new Uint8Array(readFileSync(descriptor)));
  } catch {
    return null;
  } finally {
    closeSync(descriptor);
  }
}
