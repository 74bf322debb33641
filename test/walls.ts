import path from 'node:path';
import { possessions } from '../possessions.cjs';
import { outside, page, type Room, rooms, testPackages } from '../rooms.cjs';
import { importsOf, mask } from './source-text.ts';

/**
 * Checks sources against the tables of rooms.cjs and possessions.cjs. `files` maps a path relative to the project, with
 * forward slashes, to its text. Returns one sentence per violation, each with the reason that the table gives; none means
 * all is well.
 */
export function wallViolations(files: ReadonlyMap<string, string>): string[] {
  const found: string[] = [];
  for (const [file, source] of files) {
    const room = roomOf(file);
    if (room === undefined && file.startsWith('src/')) {
      found.push(`${file} stands in no room: name its folder in rooms.cjs.`);
      continue;
    }
    for (const { specifier, typeOnly, line } of importsOf(source)) {
      const isOfPage = file.startsWith(`${page.folder}/src/`);
      const reason = isOfPage
        ? pageReason(file, specifier, typeOnly)
        : specifier.startsWith('.')
          ? localReason(file, room, path.posix.join(path.posix.dirname(file), specifier), typeOnly)
          : foreignReason(file, room, specifier);
      if (reason !== null) found.push(`${file}:${line} imports ${specifier}. ${reason}`);
    }
    found.push(...possessionViolations(file, room, source));
  }
  return found;
}

export function isTest(file: string): boolean {
  return file.endsWith('.test.ts') || file.startsWith('test/');
}

/** The room a file stands in, or undefined outside src/. */
export function roomOf(file: string): Room | undefined {
  return rooms.find((room) => (room.file === undefined ? file.startsWith(`src/${room.name}/`) : file === room.file));
}

function indexOf(room: Room): string {
  return room.file ?? `src/${room.name}/index.ts`;
}

/** Why a file may not import a file of this project, or null when it may. */
function localReason(file: string, room: Room | undefined, target: string, typeOnly: boolean): string | null {
  const other = roomOf(target);
  if (other === undefined) {
    if (room === undefined || (isTest(file) && target.startsWith('test/'))) return null;
    return `Nothing in src/ may import from ${outside.join(', ')} or the project's root.`;
  }
  if (other === room) return null;
  if (target !== indexOf(other)) return `The room ${other.name} is entered through ${indexOf(other)} alone.`;
  if (room === undefined || mayImport(file, room, other, typeOnly)) return null;
  return `The room ${room.name} may not import ${other.name}. ${room.why}`;
}

function mayImport(file: string, room: Room, other: Room, typeOnly: boolean): boolean {
  if (room.imports.includes(other.name)) return true;
  if (typeOnly && room.types.includes(other.name)) return true;
  if (room.doors?.some((door) => door.file === file && door.imports.includes(other.name)) === true) return true;
  // A test may use what data has passed through before, and made-up databases.
  return isTest(file) && (other.name === 'simulator' || rooms.indexOf(other) < rooms.indexOf(room));
}

/** Why a file of the page may not import something, or null when it may. */
function pageReason(file: string, specifier: string, typeOnly: boolean): string | null {
  if (!specifier.startsWith('.')) {
    return page.packages.includes(packageOf(specifier))
      ? null
      : `The page may use ${list(page.packages)} of the packages. ${page.why}`;
  }
  const target = path.posix.join(path.posix.dirname(file), specifier);
  if (target.startsWith(`${page.folder}/src/`) || (typeOnly && page.types.includes(target))) return null;
  return `The page may import types of ${list(page.types)}, and nothing else of the program. ${page.why}`;
}

/** Why a file may not import a package or a module of Node, or null when it may. */
function foreignReason(file: string, room: Room | undefined, specifier: string): string | null {
  if (room === undefined) return null;
  if (specifier.startsWith('node:')) {
    const builtin = specifier.slice('node:'.length);
    // The driver has a wall of its own, among the possessions.
    if (isTest(file) || builtin === 'sqlite' || room.builtins.includes(builtin)) return null;
    return `The room ${room.name} may use ${list(room.builtins)} of Node. ${room.why}`;
  }
  const name = packageOf(specifier);
  if (room.packages.includes(name) || (isTest(file) && testPackages.includes(name))) return null;
  return `The room ${room.name} may use ${list(room.packages)} of the packages. ${room.why}`;
}

function possessionViolations(file: string, room: Room | undefined, source: string): string[] {
  if (room === undefined || isTest(file)) return [];
  const found: string[] = [];
  for (const possession of possessions) {
    if (possession.only.includes(room.name)) continue;
    const code = mask(source, { comments: true, strings: !possession.inStrings });
    const match = possession.pattern.exec(code);
    if (match === null) continue;
    const line = code.slice(0, match.index).split('\n').length;
    found.push(
      `${file}:${line} touches ${possession.what}, which is ${list(possession.only)}'s alone. ${possession.why}`,
    );
  }
  return found;
}

function packageOf(specifier: string): string {
  const parts = specifier.split('/');
  return specifier.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? specifier);
}

function list(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.join(', ');
}
