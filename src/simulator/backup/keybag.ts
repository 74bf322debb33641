import type { Random } from '../random.ts';
import { keyFromPassword, type Rounds, wrapKey } from './ciphers.ts';

export type KeybagOptions = {
  password: string;
  /** Rounds of SHA-256 (an iPhone asks for ten million); null as before iOS 10.2, when there were none. */
  firstRounds: number | null;
  /** Rounds of SHA-1; an iPhone asks for ten thousand. */
  secondRounds: number;
  /** Writes the header in another order than the phone does. */
  shuffled: boolean;
};

export type MadeKeybag = {
  bytes: Buffer;
  /** The keys of all classes; of those that belong to the device, the key that no password gives. */
  classKeys: Map<number, Buffer>;
};

/** 1 to 8 are wrapped by the password alone; 9 to 11 stay with the device. */
const CLASSES = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
const FIRST_OF_DEVICE = 9;
const WRAP_PASSWORD = 2;
const WRAP_BOTH = 3;

export function randomBytes(random: Random, count: number): Buffer {
  return Buffer.from(Array.from({ length: count }, () => random.int(256)));
}

/** Makes the `BackupKeyBag` of a new backup: a header, then a record for each class. */
export function makeKeybag(random: Random, options: KeybagOptions): MadeKeybag {
  const rounds = (iterations: number): Rounds => ({ salt: randomBytes(random, 20), iterations });
  const first = options.firstRounds === null ? null : rounds(options.firstRounds);
  const second = rounds(options.secondRounds);
  const kek = keyFromPassword(options.password, first, second);
  const classKeys = new Map<number, Buffer>();
  const header = [
    entry('TYPE', number(1)),
    entry('UUID', randomBytes(random, 16)),
    entry('HMCK', randomBytes(random, 40)),
    entry('WRAP', number(0)),
    entry('SALT', second.salt),
    entry('ITER', number(second.iterations)),
    ...(first === null
      ? []
      : [entry('DPWT', number(1)), entry('DPIC', number(first.iterations)), entry('DPSL', first.salt)]),
  ];
  const records = CLASSES.map((protection) => {
    const isOfDevice = protection >= FIRST_OF_DEVICE;
    const key = randomBytes(random, 32);
    classKeys.set(protection, key);
    // What the device has wrapped too comes out of the outer wrapping as other bytes than the key.
    const inner = isOfDevice ? randomBytes(random, 32) : key;
    return Buffer.concat([
      entry('UUID', randomBytes(random, 16)),
      entry('CLAS', number(protection)),
      entry('WRAP', number(isOfDevice ? WRAP_BOTH : WRAP_PASSWORD)),
      entry('KTYP', number(protection === 2 ? 1 : 0)),
      entry('WPKY', wrapKey(kek, inner)),
      ...(protection === 2 ? [entry('PBKY', randomBytes(random, 32))] : []),
    ]);
  });
  const ordered = options.shuffled ? header.reverse() : header;
  return { bytes: Buffer.concat([entry('VERS', number(4)), ...ordered, ...records]), classKeys };
}

function entry(tag: string, value: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(value.length);
  return Buffer.concat([Buffer.from(tag, 'latin1'), length, value]);
}

function number(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
