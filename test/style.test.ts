import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { rooms } from '../rooms.cjs';
import { generatedDocuments } from '../scripts/generate-docs.ts';
import { projectFiles, projectRoot, readProjectFile } from './project-files.ts';
import { mask } from './source-text.ts';

/** The rules of CONTRIBUTING.md that a machine can judge, each with its reason. A failure lists every place at once. */
const FOLDERS = '{src,test,bench,scripts,web}';
const sources = projectFiles([`${FOLDERS}/**/*.{ts,tsx,cts,mts,cjs,css}`, '*.{ts,cts,cjs}', '.*.cjs']);
const MAX_LINES = 400;

type Rule = { name: string; why: string; findIn(source: string, file: string): boolean };

/** True when the code, without comments and contents of strings, matches. */
const code = (pattern: RegExp) => (source: string) => pattern.test(mask(source, { comments: true, strings: true }));

const rules: Rule[] = [
  {
    name: `no file has more than ${MAX_LINES} lines`,
    why: 'A longer file has more than one subject: give each a name of its own.',
    findIn: (source) => source.split('\n').length - 1 > MAX_LINES,
  },
  {
    name: 'file names are kebab-case',
    why: 'Names that differ in case are one file on a Mac and two on Linux.',
    findIn: (_source, file) =>
      !/^\.?[a-z0-9]+(?:-[a-z0-9]+)*(?:\.[a-z0-9]+(?:-[a-z0-9]+)*)+$/.test(path.basename(file)),
  },
  {
    name: 'no any, but where a comment says why',
    why: 'Rows and files are foreign input: unknown makes their reader look, any lets it guess.',
    findIn: (source) => hasUnexplainedAny(source),
  },
  {
    name: 'the compiler is never silenced',
    why: 'A type that does not fit says that the code or the type is wrong.',
    findIn: (source) => /@ts-(?:ignore|expect-error|nocheck)\b/.test(mask(source, { comments: false, strings: true })),
  },
  {
    name: 'no test is skipped, and none runs alone',
    why: 'A test that does not run is a promise without proof.',
    findIn: code(/\b(?:it|test|describe)\s*\.\s*(?:skip|only|todo|fails)\b|\b(?:xit|xdescribe|fit|fdescribe)\s*\(/),
  },
  {
    name: 'nothing is left for later in a comment',
    why: 'What is not done belongs in an issue, where somebody looks for it.',
    findIn: (source) => /\b(?:TODO|FIXME|XXX|HACK)\b/.test(mask(source, { comments: false, strings: true })),
  },
  {
    name: 'only erasable syntax: no enum, no namespace',
    why: 'Node runs the sources as they are, by erasing types.',
    findIn: code(/^\s*(?:export\s+)?(?:const\s+)?(?:enum|namespace)\s+\w+\s*\{/m),
  },
  {
    name: 'times in code come from a clock, chance from a seed',
    why: 'A run that cannot be repeated cannot be repaired. The kernel has the clock; a bench measures.',
    findIn: (source, file) =>
      /^(?:src\/(?!kernel\/)|scripts\/)/.test(file) &&
      !file.endsWith('.test.ts') &&
      code(/\bDate\.now\b|\bMath\.random\b/)(source),
  },
  {
    name: 'code writes to the terminal only at the door',
    why: 'Data goes to stdout and everything else to stderr; a stray line would break --json.',
    findIn: (source, file) => /^src\/(?!cli\/|main\.ts)/.test(file) && code(/\bconsole\s*\.\s*\w+/)(source),
  },
];

function hasUnexplainedAny(source: string): boolean {
  const lines = mask(source, { comments: true, strings: true }).split('\n');
  const original = source.split('\n');
  return lines.some((line, at) => {
    if (!/(?:[:<|&,(]|\bas|=>|=)\s*any\b(?!\s*[(:])|\bany\[\]/.test(line)) return false;
    return !/biome-ignore lint\/suspicious\/noExplicitAny: \S/.test(original[at - 1] ?? '');
  });
}

describe('style', () => {
  it.each(rules)('$name', ({ why, findIn }) => {
    const found = [...sources].filter(([file, source]) => findIn(source, file)).map(([file]) => file);
    expect(found, why).toEqual([]);
  });

  it('every room that exists has an index.ts that opens by saying what the room is for', () => {
    for (const { name, file } of rooms) {
      if (file !== undefined || !existsSync(path.join(projectRoot, 'src', name))) continue;
      const index = readProjectFile(`src/${name}/index.ts`);
      expect(index, `src/${name} is entered by its index.ts`).not.toBeNull();
      expect(index?.trimStart(), `src/${name}/index.ts opens with a comment`).toMatch(/^\/(?:\*\*|\/) ?\s*\S/);
    }
  });
});

describe('documents made from the code', () => {
  it.each(generatedDocuments)('$file is up to date', ({ file, content }) => {
    const current = readProjectFile(file);
    expect(current, 'run: node scripts/generate-docs.ts').toBe(content(current));
  });
});

describe('the rules of style', () => {
  const broken: [string, string, string?][] = [
    ['no file has more than', 'x;\n'.repeat(MAX_LINES + 1)],
    ['file names are', '', 'src/load/bulkBuild.ts'],
    ['no any', 'function f(row: any) {}'],
    ['no any', 'const rows = x as any;'],
    ['no any', 'let rows: Map<string, any>;'],
    ['no any', 'let rows: any[];'],
    ['the compiler', '// @ts-ignore'],
    ['no test is skipped', "it.skip('x', () => {});"],
    ['no test is skipped', "describe.only('x', () => {});"],
    ['nothing is left', `// ${'TO'}DO later`],
    ['only erasable', 'export enum Colour { red }'],
    ['times in code', 'const nowMs = Date.now();', 'src/load/a.ts'],
    ['times in code', 'const dice = Math.random();', 'scripts/a.ts'],
    ['code writes', "console.log('x');", 'src/load/a.ts'],
  ];

  it.each(broken)('"%s…" refuses what breaks it: %#', (name, source, file = 'src/load/a.ts') => {
    const rule = rules.find((candidate) => candidate.name.startsWith(name));
    expect(rule?.findIn(source, file)).toBe(true);
  });

  it('take words in comments, strings and names for what they are', () => {
    const innocent = [
      '// any time will do, it.skip too',
      "const text = 'x as any; Date.now()';",
      'if (rows.any()) company(anyOf);',
    ];
    const failing = rules.filter((rule) => rule.findIn(innocent.join('\n'), 'src/load/a.ts'));
    expect(failing.map((rule) => rule.name)).toEqual([]);
  });
});
