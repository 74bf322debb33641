/**
 * Reads a TypeScript source just far enough for the checks of this folder: which parts are comments, which are
 * contents of strings, and which modules it imports. Not a parser; it relies on the formatter, which puts every import
 * and export statement at the start of a line.
 */
export type ImportStatement = { specifier: string; typeOnly: boolean; line: number };

type Masking = { comments: boolean; strings: boolean };

/** After one of these a slash starts a regular expression; after anything else it divides. */
const BEFORE_REGEXP = /(?:^|[=(,:;!&|?{}[\n+\-*%~^<>]|\breturn|\btypeof|\bcase)\s*$/;

/** The source with comments, and where asked the contents of strings and regular expressions, replaced by blanks. Lines stay where they were. */
export function mask(source: string, what: Masking): string {
  let out = '';
  let at = 0;
  const templateDepths: number[] = [];
  let depth = 0;

  const blank = (text: string) => text.replace(/[^\n]/g, ' ');
  const take = (length: number, hide: boolean) => {
    const text = source.slice(at, at + length);
    out += hide ? blank(text) : text;
    at += length;
  };
  const takeTemplate = () => {
    // Up to the closing back-tick or the next `${`, whose code is code again.
    const found = /(?:[^\\`$]|\\[\s\S]|\$(?!\{))*/y;
    found.lastIndex = at;
    take((found.exec(source)?.[0] ?? '').length, what.strings);
    if (source.startsWith('${', at)) {
      take(2, false);
      templateDepths.push(depth);
      depth = 0;
    } else {
      take(1, false);
    }
  };

  while (at < source.length) {
    const char = source[at];
    const pair = source.slice(at, at + 2);
    if (pair === '//') {
      const end = source.indexOf('\n', at);
      take((end < 0 ? source.length : end) - at, what.comments);
    } else if (pair === '/*') {
      const end = source.indexOf('*/', at + 2);
      take((end < 0 ? source.length : end + 2) - at, what.comments);
    } else if (char === "'" || char === '"') {
      const found = char === "'" ? /'(?:[^'\\\n]|\\[\s\S])*'?/y : /"(?:[^"\\\n]|\\[\s\S])*"?/y;
      found.lastIndex = at;
      const length = (found.exec(source)?.[0] ?? char).length;
      take(1, false);
      take(Math.max(0, length - 2), what.strings);
      if (length > 1) take(1, false);
    } else if (char === '`') {
      take(1, false);
      takeTemplate();
    } else if (char === '/' && BEFORE_REGEXP.test(out.slice(-40))) {
      const found = /\/(?:[^\\/[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\//y;
      found.lastIndex = at;
      take((found.exec(source)?.[0] ?? '/').length, what.strings);
    } else if (char === '}' && depth === 0 && templateDepths.length > 0) {
      depth = templateDepths.pop() ?? 0;
      take(1, false);
      takeTemplate();
    } else {
      if (char === '{') depth += 1;
      if (char === '}') depth -= 1;
      take(1, false);
    }
  }
  return out;
}

const STATEMENT = /^(?:import|export)\s+(type\s+)?(?:[^'"`;=(]*?\bfrom\s*)?['"]([^'"\n]+)['"]/gm;
const DYNAMIC = /\bimport\(\s*['"]([^'"\n]+)['"]/g;

/** Every module a source names: import and export statements, import(), and import types. */
export function importsOf(source: string): ImportStatement[] {
  const code = mask(source, { comments: true, strings: false });
  const lineAt = (index: number) => code.slice(0, index).split('\n').length;
  const found: ImportStatement[] = [];
  for (const match of code.matchAll(STATEMENT)) {
    found.push({ specifier: match[2] ?? '', typeOnly: match[1] !== undefined, line: lineAt(match.index) });
  }
  for (const match of code.matchAll(DYNAMIC)) {
    found.push({ specifier: match[1] ?? '', typeOnly: false, line: lineAt(match.index) });
  }
  return found;
}
