import {
  appendFileSync,
  closeSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { rotateLog } from './log-rotation.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'chatstats-log-'));
  file = path.join(folder, 'chatstats.log');
});
afterEach(() => rmSync(folder, { recursive: true }));

const line = (number: number) => `line ${String(number).padStart(4, '0')}\n`;
const LIMITS = { mostBytes: 100, kept: 3 };

describe('the log of a service', () => {
  it('stays while it is small', () => {
    appendFileSync(file, line(1));
    rotateLog(file, LIMITS);
    expect(readdirSync(folder)).toEqual(['chatstats.log']);
    expect(readFileSync(file, 'utf8')).toBe(line(1));
  });

  it('is emptied in place when it has grown, its end is kept in whole lines, and whoever has it open goes on', () => {
    const handle = openSync(file, 'a');
    for (let number = 0; number < 50; number += 1) writeSync(handle, line(number));
    rotateLog(file, LIMITS);
    writeSync(handle, line(50));
    closeSync(handle);
    expect(readFileSync(file, 'utf8')).toBe(line(50));
    const kept = readFileSync(`${file}.1`, 'utf8');
    expect(kept.length).toBeLessThanOrEqual(LIMITS.mostBytes);
    expect(kept).toMatch(/^(?:line \d{4}\n)+$/);
    expect(kept.endsWith(line(49))).toBe(true);
    expect([file, `${file}.1`].map((name) => statSync(name).mode & 0o777)).toEqual([0o600, 0o600]);
  });

  it('is kept so many times and no more, the youngest first', () => {
    for (let round = 0; round < 6; round += 1) {
      appendFileSync(file, line(round).repeat(20));
      rotateLog(file, LIMITS);
    }
    expect(readdirSync(folder).sort()).toEqual(['chatstats.log', ...[1, 2, 3].map((n) => `chatstats.log.${n}`)]);
    expect([1, 2, 3].map((number) => readFileSync(`${file}.${number}`, 'utf8').slice(0, 10))).toEqual(
      [5, 4, 3].map(line),
    );
  });

  it('that is not there, or is none, stops nothing', () => {
    rotateLog(file, LIMITS);
    rotateLog(folder, LIMITS);
    expect(readdirSync(folder)).toEqual([]);
  });
});
