import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { openWritable } from '../../sqlite/index.ts';
import { encodeKeyedArchive } from '../encode/keyed-archive.ts';
import { encodePlist } from '../encode/plist.ts';
import { Random } from '../random.ts';
import { encryptFile, sha1, wrapKey } from './ciphers.ts';
import { type KeybagOptions, makeKeybag, randomBytes } from './keybag.ts';

/** A file of the phone that goes into a backup. */
export type BackupFile = {
  domain: string;
  relativePath: string;
  content: Uint8Array;
  /** The protection class; sms.db has 4 on some systems and 3 on others. */
  protectionClass?: number;
  /** Listed, but its bytes are missing, as after an interruption. */
  absent?: boolean;
  /** Size as the manifest has it, which for databases is often wrong. */
  size?: number;
  /** System files have a checksum of the stored bytes, attachments have none. */
  digest?: boolean;
};

export type BackupOptions = {
  /** The folder that the backup's own folder goes into. */
  folder: string;
  files: readonly BackupFile[];
  seed: number;
  udid?: string;
  deviceName?: string;
  productType?: string;
  productVersion?: string;
  /** When it was made, Unix milliseconds. */
  madeAt?: number;
  /** What Status.plist says; "finished" when it is. */
  snapshotState?: string;
  /** Encrypts it. Rounds are few unless said otherwise, so that tests are quick. */
  encryption?: Partial<KeybagOptions> & { password: string };
  /** As before iOS 10.2, the manifest of an encrypted backup lies in the clear. */
  plainManifest?: boolean;
};

export type MadeBackup = { folder: string; udid: string; fileIds: Map<string, string> };

const FEW_ROUNDS = { firstRounds: 1_500, secondRounds: 750, shuffled: false };
const MANIFEST_CLASS = 3;
const DATA_CLASS = 4;
const MODES = { file: 33188, folder: 16877 } as const;
const FLAGS = { file: 1, folder: 2 } as const;

/** Writes an iPhone backup as Finder does, plain or encrypted. Equal options give equal bytes, but for the manifest's pages. */
export function writeBackup(options: BackupOptions): MadeBackup {
  const random = new Random(options.seed);
  const udid = options.udid ?? randomBytes(random, 20).toString('hex');
  const folder = path.join(options.folder, udid);
  mkdirSync(folder, { recursive: true });
  const keybag = options.encryption === undefined ? null : makeKeybag(random, { ...FEW_ROUNDS, ...options.encryption });
  const fileIds = new Map<string, string>();
  const rows = [...foldersOf(options.files), ...options.files.map((file) => storeFile(file, folder, random, keybag))];
  for (const { relativePath, fileId } of rows) fileIds.set(relativePath, fileId);
  const manifest = path.join(folder, 'Manifest.db');
  writeManifest(manifest, rows);
  let manifestKey: Buffer | null = null;
  if (keybag !== null && options.plainManifest !== true) {
    const key = randomBytes(random, 32);
    manifestKey = namedKey(MANIFEST_CLASS, key, keybag.classKeys);
    writeFileSync(manifest, encryptFile(key, readFileSync(manifest)));
  }
  writeLists(folder, udid, options, keybag?.bytes ?? null, manifestKey);
  return { folder, udid, fileIds };
}

type Row = { fileId: string; domain: string; relativePath: string; flags: number; record: Uint8Array };
type Keys = { classKeys: ReadonlyMap<number, Buffer> };

function storeFile(file: BackupFile, folder: string, random: Random, keys: Keys | null): Row {
  const { domain, relativePath, content } = file;
  const fileId = sha1(`${domain}-${relativePath}`).toString('hex');
  const protectionClass = file.protectionClass ?? DATA_CLASS;
  const key = keys === null ? null : randomBytes(random, 32);
  const stored = key === null ? Buffer.from(content) : encryptFile(key, content);
  if (file.absent !== true) {
    mkdirSync(path.join(folder, fileId.slice(0, 2)), { recursive: true });
    writeFileSync(path.join(folder, fileId.slice(0, 2), fileId), stored);
  }
  const named = key === null || keys === null ? null : namedKey(protectionClass, key, keys.classKeys);
  const record = encodeKeyedArchive({
    class: 'MBFile',
    fields: {
      ...recordFields(relativePath, MODES.file),
      ProtectionClass: protectionClass,
      Size: file.size ?? content.length,
      ...(named === null ? {} : { EncryptionKey: { data: new Uint8Array(named) } }),
      ...(file.digest === true ? { Digest: new Uint8Array(sha1(stored)) } : {}),
    },
  });
  return { fileId, domain, relativePath, flags: FLAGS.file, record };
}

/** Every folder above a file has a row too, and nothing on the disk. */
function foldersOf(files: readonly BackupFile[]): Row[] {
  const rows = new Map<string, Row>();
  for (const { domain, relativePath } of files) {
    const parts = relativePath.split('/').slice(0, -1);
    for (let depth = 0; depth <= parts.length; depth += 1) {
      const folder = parts.slice(0, depth).join('/');
      const fileId = sha1(`${domain}-${folder}`).toString('hex');
      const fields = { ...recordFields(folder, MODES.folder), ProtectionClass: 0, Size: 0 };
      const record = encodeKeyedArchive({ class: 'MBFile', fields });
      rows.set(fileId, { fileId, domain, relativePath: folder, flags: FLAGS.folder, record });
    }
  }
  return [...rows.values()];
}

const WRITTEN_AT = 1_700_000_000;

function recordFields(relativePath: string, mode: number) {
  return {
    Birth: WRITTEN_AT,
    LastModified: WRITTEN_AT,
    LastStatusChange: WRITTEN_AT,
    Flags: 0,
    GroupID: 501,
    UserID: 501,
    InodeNumber: 1,
    Mode: mode,
    RelativePath: relativePath,
  };
}

/** "Class, wrapped key", as files and the manifest name their keys. */
function namedKey(protectionClass: number, key: Buffer, classKeys: ReadonlyMap<number, Buffer>): Buffer {
  const classKey = classKeys.get(protectionClass);
  if (classKey === undefined) throw new RangeError('there is no such protection class');
  const head = Buffer.alloc(4);
  head.writeUInt32LE(protectionClass);
  return Buffer.concat([head, wrapKey(classKey, key)]);
}

function writeManifest(file: string, rows: readonly Row[]): void {
  if (existsSync(file)) rmSync(file);
  using db = openWritable(file);
  db.exec(`CREATE TABLE Files (fileID TEXT PRIMARY KEY, domain TEXT, relativePath TEXT, flags INTEGER, file BLOB);
    CREATE TABLE Properties (key TEXT PRIMARY KEY, value BLOB);
    CREATE INDEX FilesDomainIdx ON Files(domain);
    CREATE INDEX FilesRelativePathIdx ON Files(relativePath);
    CREATE INDEX FilesFlagsIdx ON Files(flags)`);
  db.transaction(() => {
    for (const { fileId, domain, relativePath, flags, record } of rows) {
      db.run('INSERT INTO Files VALUES (?, ?, ?, ?, ?)', fileId, domain, relativePath, flags, record);
    }
  });
}

const USUAL = {
  deviceName: 'A made-up iPhone',
  productType: 'iPhone14,5',
  productVersion: '17.4.1',
  madeAt: Date.UTC(2026, 1, 28, 11, 21, 39),
};

function writeLists(
  folder: string,
  udid: string,
  options: BackupOptions,
  keybag: Buffer | null,
  manifestKey: Buffer | null,
): void {
  const { deviceName, productType, productVersion, madeAt } = { ...USUAL, ...options };
  const made = new Date(madeAt);
  writeFileSync(
    path.join(folder, 'Info.plist'),
    infoList({
      'Device Name': deviceName,
      'Display Name': deviceName,
      'Product Type': productType,
      'Product Version': productVersion,
      'Unique Identifier': udid.toUpperCase(),
      'Last Backup Date': made,
    }),
  );
  const manifest = {
    IsEncrypted: keybag !== null,
    Version: '10.0',
    Date: made,
    WasPasscodeSet: true,
    Lockdown: {
      ProductVersion: productVersion,
      DeviceName: deviceName,
      ProductType: productType,
      UniqueDeviceID: udid,
    },
    Applications: {},
    ...(keybag === null ? {} : { BackupKeyBag: new Uint8Array(keybag) }),
    ...(manifestKey === null ? {} : { ManifestKey: new Uint8Array(manifestKey) }),
  };
  writeFileSync(path.join(folder, 'Manifest.plist'), encodePlist(manifest));
  const status = {
    UUID: '11111111-2222-4333-8444-555555555555',
    Date: made,
    Version: '3.3',
    BackupState: 'new',
    SnapshotState: options.snapshotState ?? 'finished',
    IsFullBackup: false,
  };
  writeFileSync(path.join(folder, 'Status.plist'), encodePlist(status));
}

/** Info.plist is XML, whatever the others are. */
function infoList(values: Record<string, string | Date>): string {
  const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  const entries = Object.entries(values).map(([key, value]) => {
    const shown =
      typeof value === 'string'
        ? `<string>${escaped(value)}</string>`
        : `<date>${value.toISOString().replace(/\.\d+Z$/, 'Z')}</date>`;
    return `\t<key>${key}</key>\n\t${shown}\n`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
${entries.join('')}</dict>
</plist>
`;
}
