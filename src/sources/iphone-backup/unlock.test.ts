import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChatStatsError, fixedClock } from '../../kernel/index.ts';
import { keyFromPassword, makeKeybag, Random } from '../../simulator/index.ts';
import { readKeybag } from './keybag.ts';
import { unlock } from './unlock.ts';
import type { OpeningProgress } from './watch.ts';

const PASSWORD = 'correct horse battery staple';

function made(options: { firstRounds?: number | null; shuffled?: boolean; password?: string } = {}) {
  return makeKeybag(new Random(3), {
    ...{ password: PASSWORD, firstRounds: 30, secondRounds: 20, shuffled: false },
    ...options,
  });
}

function watch(signal = new AbortController().signal, told: OpeningProgress[] = []) {
  return { clock: fixedClock(0), signal, onProgress: (progress: OpeningProgress) => void told.push(progress) };
}

const secret = (text = PASSWORD) => Buffer.from(text, 'utf8');

describe('a keybag', () => {
  it.each([
    ['as an iPhone writes it', {}],
    ['in another order', { shuffled: true }],
    ['of before iOS 10.2, which has one round', { firstRounds: null }],
    ['with a password beyond ASCII', { password: 'pässwörd 密码' }],
  ])('%s opens with its password', async (_name, options) => {
    const { bytes, classKeys } = made(options);
    using keys = await unlock(readKeybag(bytes), secret((options as { password?: string }).password), watch());
    expect([...keys.readable]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect([...keys.deviceOnly]).toEqual([9, 10, 11]);
    expect([...keys.damaged]).toEqual([]);
    expect(classKeys.size).toBe(11);
  });

  it('does not open with another password', async () => {
    const attempt = unlock(readKeybag(made().bytes), secret('incorrect'), watch());
    await expect(attempt).rejects.toMatchObject({ code: 'BACKUP_PASSWORD_WRONG' });
  });

  it('says which keys are damaged when others open', async () => {
    const { bytes } = made();
    const first = bytes.indexOf('WPKY') + 20;
    bytes[first] = (bytes[first] ?? 0) ^ 1;
    using keys = await unlock(readKeybag(bytes), secret(), watch());
    expect([...keys.damaged]).toEqual([1]);
    expect([...keys.readable]).not.toContain(1);
  });

  it('of any bytes is read or called damaged, and a flipped byte is no crash', async () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(outcome(() => readKeybag(bytes))).toBe('BACKUP_DAMAGED');
      }),
    );
    const { bytes } = made({ firstRounds: 2 });
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), async (at, bits) => {
        const changed = Buffer.from(bytes);
        changed[at] = (changed[at] ?? 0) ^ bits;
        // A number of rounds that is large but possible would only take long.
        if (isRounds(bytes, at)) return;
        try {
          using keys = await unlock(readKeybag(changed), secret(), watch());
          expect([...keys.readable].length).toBeGreaterThan(0);
        } catch (error) {
          expect(['BACKUP_DAMAGED', 'BACKUP_PASSWORD_WRONG']).toContain((error as ChatStatsError).code);
        }
      }),
    );
  });

  it('that asks for more rounds than any iPhone is damaged, and does not keep anybody busy', () => {
    const { bytes } = made();
    bytes.writeUInt32BE(0xffff_ffff, bytes.indexOf('DPIC') + 8);
    expect(outcome(() => readKeybag(bytes))).toBe('BACKUP_DAMAGED');
  });
});

describe('deriving', () => {
  it('is what OpenSSL and a published vector say', async () => {
    // Salts and work factors of the vector; its two results.
    const first = { salt: Buffer.from('80aa47cfac9a2a0e8f24a11985884cf376d75a33', 'hex'), iterations: 1500 };
    const second = { salt: Buffer.from('904dc4500f25a1cab06afadc7de09e8f46460982', 'hex'), iterations: 750 };
    const between = '4b6ea444dbf012031918ad8f311010b0de8b442d89e81fd30bd6876c085f5287';
    const kek = '8beb8aea7cb8e558ab54fe650b12d3695c0f836d386c814a0a0c1b8586d54690';
    expect(keyFromPassword(PASSWORD, first, second).toString('hex')).toBe(kek);
    // Some systems have another OpenSSL, or none; then the vector alone has to do.
    const kdf = (digest: string, pass: string, { salt, iterations }: typeof first) =>
      spawnSync('openssl', [
        ...['kdf', '-keylen', '32', '-kdfopt', `digest:${digest}`, '-kdfopt', pass],
        ...['-kdfopt', `hexsalt:${salt.toString('hex')}`, '-kdfopt', `iter:${iterations}`, 'PBKDF2'],
      ]);
    const hexOf = (bytes: Buffer) =>
      bytes
        .toString()
        .replace(/[^0-9A-F]/g, '')
        .toLowerCase();
    const rounds = [kdf('SHA256', `pass:${PASSWORD}`, first), kdf('SHA1', `hexpass:${between}`, second)];
    if (rounds.every(({ status }) => status === 0)) {
      expect(rounds.map(({ stdout }) => hexOf(stdout))).toEqual([between, kek]);
    }
    // The class key 4 of the vector, out of a keybag that holds nothing else.
    const entry = (tag: string, value: Buffer) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(value.length);
      return Buffer.concat([Buffer.from(tag), length, value]);
    };
    const number = (value: number) => Buffer.from(value.toString(16).padStart(8, '0'), 'hex');
    const bag = Buffer.concat([
      ...[
        entry('SALT', second.salt),
        entry('ITER', number(750)),
        entry('DPSL', first.salt),
        entry('DPIC', number(1500)),
      ],
      ...[entry('UUID', Buffer.alloc(16)), entry('UUID', Buffer.alloc(16, 1)), entry('CLAS', number(4))],
      entry('WRAP', number(2)),
      entry(
        'WPKY',
        Buffer.from('036d3a50251fb9403f1924836ac9404328b6287a5015603d03df9f33d5b2862d2d58f6375f0be064', 'hex'),
      ),
    ]);
    using keys = await unlock(readKeybag(bag), secret(), watch());
    const manifestKey = '040000001a25fc7786f35bdf9818a2472eb714190cad4e261df6e3484b359bb9bfb591fe5eb39b97133179aa';
    expect(keys.unwrap(Buffer.from(manifestKey, 'hex'))?.toString('hex')).toBe(
      'fcce6bfeced5b8827b4bfc37a6180b686cff7014a811a3e4f88aab59f138a882',
    );
  });

  it('overwrites the password and, when they are let go of, the keys', async () => {
    const { bytes } = made();
    const password = secret();
    const keys = await unlock(readKeybag(bytes), password, watch());
    expect(password.every((byte) => byte === 0)).toBe(true);
    const wrong = secret('wrong');
    await unlock(readKeybag(bytes), wrong, watch()).catch(() => undefined);
    expect(wrong.every((byte) => byte === 0)).toBe(true);
    keys[Symbol.dispose]();
    expect(keys.unwrap(Buffer.concat([Buffer.from([4, 0, 0, 0]), Buffer.alloc(40)]))).toBeNull();
  });

  it('says how far it is, and ends at once when it is cancelled', async () => {
    const told: OpeningProgress[] = [];
    const abort = new AbortController();
    const keybag = readKeybag(made({ firstRounds: 3_000_000 }).bytes);
    const attempt = unlock(keybag, secret(), {
      ...watch(abort.signal, told),
      onProgress: (progress) => {
        told.push(progress);
        abort.abort();
      },
    });
    await expect(attempt).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(told[0]).toEqual({ stage: 'unlock', done: 0, total: 3_000_020 });
  });
});

function outcome(work: () => unknown): string {
  try {
    work();
    return 'read';
  } catch (error) {
    if (error instanceof ChatStatsError) return error.code;
    throw error;
  }
}

/** True for the bytes of the two numbers of rounds. */
function isRounds(bytes: Buffer, at: number): boolean {
  return ['ITER', 'DPIC'].some((tag) => {
    const start = bytes.indexOf(tag);
    return at >= start && at < start + 12;
  });
}
