import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { locateMessages } from './locate.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'locate-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const put = (name: string) => {
  const file = path.join(folder, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, 'x');
  return file;
};
const linux = () => ({ platform: 'linux', home: folder });

describe('the Messages database that is meant', () => {
  it('is the file that was named, or the one in the folder', () => {
    const file = put('chat.db');
    expect(locateMessages(file, linux())).toEqual({ path: file, sealed: false });
    expect(locateMessages(folder, linux())).toEqual({ path: file, sealed: false });
    const phone = put('phone/sms.db');
    expect(locateMessages(path.dirname(phone), linux()).path).toBe(phone);
  });

  it('lies sealed in a backup', () => {
    put('backup/Manifest.db');
    const file = put('backup/3d/3d0d7e5fb2ce288813306e4d4636395e047a3d28');
    expect(locateMessages(path.join(folder, 'backup'), linux())).toEqual({ path: file, sealed: true });
  });

  it("is this Mac's own when nothing was named", () => {
    const file = put('Library/Messages/chat.db');
    expect(locateMessages(undefined, { platform: 'darwin', home: folder }).path).toBe(file);
  });

  it('is asked for, in words, where there is none', () => {
    expect(() => locateMessages(undefined, linux())).toThrow(
      expect.objectContaining({ code: 'SOURCE_NOT_FOUND', hint: expect.stringContaining('npm start -- ') }),
    );
    expect(() => locateMessages(path.join(folder, 'nowhere'), linux())).toThrow(
      expect.objectContaining({ code: 'SOURCE_NOT_FOUND' }),
    );
    expect(() => locateMessages(folder, linux())).toThrow(expect.objectContaining({ code: 'SOURCE_NOT_FOUND' }));
  });
});
