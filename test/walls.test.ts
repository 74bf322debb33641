import { describe, expect, it } from 'vitest';
import { rooms } from '../rooms.cjs';
import { lintImports } from '../scripts/lint-imports.ts';
import { wallsDiagram, withWallsDiagram } from '../scripts/walls-diagram.ts';
import { projectFiles, readProjectFile } from './project-files.ts';
import { wallViolations } from './walls.ts';

/** What the checker says of one made-up file. */
function check(file: string, ...lines: string[]): string[] {
  return wallViolations(new Map([[file, lines.join('\n')]]));
}

/** A slot of a template, spelt so that this file has none. */
function slot(code: string): string {
  return `${'$'}{${code}}`;
}

describe('the walls of this house', () => {
  it('are respected by every file', () => {
    const files = projectFiles(['{src,test,bench,scripts}/**/*.ts', 'web/**/*.{ts,tsx}']);
    expect(files.size).toBeGreaterThan(10);
    expect(wallViolations(files)).toEqual([]);
  });

  it('let imports go up the list only', () => {
    for (const [at, room] of rooms.entries()) {
      const above = rooms.slice(0, at).map((other) => other.name);
      for (const other of [...room.imports, ...room.types]) expect(above, `above ${room.name}`).toContain(other);
    }
  });

  it('are drawn in ARCHITECTURE.md as the table has them', () => {
    const document = readProjectFile('ARCHITECTURE.md');
    expect(document).not.toBeNull();
    expect(document).toContain(wallsDiagram());
    expect(withWallsDiagram(document ?? ''), 'run: npm run docs').toBe(document);
  });
});

describe('the checker of the walls', () => {
  it('passes a room that keeps to its walls', () => {
    const lines = [
      "import path from 'node:path';",
      "import { must } from '../kernel/index.ts';",
      "import { z } from 'zod';",
    ];
    expect(check('src/config/made-up.ts', ...lines, "export * from './other.ts';")).toEqual([]);
  });

  it.each([
    ['a room further down', 'src/decode/a.ts', "import { apply } from '../load/index.ts';"],
    [
      'a room up the list that the table does not name',
      'src/simulator/a.ts',
      "import { decode } from '../decode/index.ts';",
    ],
    ['a room past its index', 'src/transform/a.ts', "import { x } from '../decode/typedstream.ts';"],
    [
      'code where types alone are allowed',
      'src/transform/a.ts',
      "import { open } from '../sources/messages/index.ts';",
    ],
    ['another room by re-export', 'src/model/a.ts', "export * from '../load/index.ts';"],
    ['another room for its side effects', 'src/model/a.ts', "import '../load/index.ts';"],
    ['another room at run time', 'src/decode/a.ts', "const late = await import('../load/index.ts');"],
    ['another room by an import type', 'src/decode/a.ts', "type Plan = import('../load/index.ts').Plan;"],
    ['the simulator, but for the demo', 'src/cli/import.ts', "import { write } from '../simulator/index.ts';"],
    ['the simulator from the pipeline', 'src/pipeline/a.ts', "import { write } from '../simulator/index.ts';"],
    ['files in a pure room', 'src/decode/a.ts', "import { readFileSync } from 'node:fs';"],
    ['the driver', 'src/store/a.ts', "import type { DatabaseSync } from 'node:sqlite';"],
    ['a package that is not of this room', 'src/load/a.ts', "import { z } from 'zod';"],
    ['a package of tests', 'src/decode/a.ts', "import fc from 'fast-check';"],
    ['tests', 'src/load/a.ts', "import { x } from '../../test/walls.ts';"],
    ['a room past its index, from a bench', 'bench/a.ts', "import { x } from '../src/decode/typedstream.ts';"],
    ['code of the program in the page', 'web/src/a.ts', "import { x } from '../../src/api/schemas/index.ts';"],
    ['other types of the program in the page', 'web/src/a.ts', "import type { x } from '../../src/store/index.ts';"],
    ['a package that is not of the page', 'web/src/a.tsx', "import { z } from 'zod';"],
    ['an import over several lines', 'src/decode/a.ts', "import {\n  apply,\n} from '../load/index.ts';"],
  ])('refuses %s', (_what, file, source) => {
    expect(check(file, source)).toHaveLength(1);
  });

  it.each([
    ['the clock', 'src/load/a.ts', 'const nowMs = Date.now();'],
    ['the clock by another door', 'src/load/a.ts', 'const now = new Date();'],
    ['the clock without brackets', 'src/load/a.ts', 'const now = new Date;'],
    ['chance', 'src/simulator/a.ts', 'const x = Math.random();'],
    ['timers', 'src/pipeline/a.ts', 'setTimeout(work, 10);'],
    ['the driver at run time', 'src/pipeline/a.ts', "const driver = process.getBuiltinModule('node:sqlite');"],
    ['an insert into the message domain', 'src/store/a.ts', 'db.run(`INSERT INTO messages (guid) VALUES (?)`);'],
    ['an upsert', 'src/outbox/a.ts', 'db.run(`INSERT OR REPLACE INTO main.chats (id) VALUES (?)`);'],
    ['an insert into the events', 'src/pipeline/a.ts', 'db.run(`INSERT INTO events (type) VALUES (?)`);'],
    ['an update', 'src/cli/a.ts', "db.run('UPDATE conversations SET state = ?');"],
    ['a deletion', 'src/pipeline/a.ts', "db.run('DELETE FROM chats');"],
  ])('refuses a room that touches %s', (_what, file, source) => {
    expect(check(file, source)).toHaveLength(1);
  });

  it('lets the owner touch what is its own', () => {
    expect(check('src/load/a.ts', "db.run('DELETE FROM chats');")).toEqual([]);
    expect(check('src/kernel/a.ts', 'const nowMs = Date.now();')).toEqual([]);
    expect(check('src/sqlite/a.ts', "import { DatabaseSync } from 'node:sqlite';")).toEqual([]);
  });

  it('lets a date be made of a number, and a table of Apple be written by the simulator', () => {
    expect(check('src/load/a.ts', 'const at = new Date(sentAtMs);')).toEqual([]);
    expect(check('src/simulator/a.ts', "db.run('INSERT INTO message (guid) VALUES (?)');")).toEqual([]);
  });

  it('lets types pass where the table says so, and the demo have its simulator', () => {
    expect(check('src/transform/a.ts', "import type { Row } from '../sources/messages/index.ts';")).toEqual([]);
    expect(check('src/cli/demo.ts', "import { write } from '../simulator/index.ts';")).toEqual([]);
  });

  it('lets the page have what answers look like, and its packages', () => {
    const types = "import type { Chat } from '../../../src/api/schemas/index.ts';";
    expect(check('web/src/data/a.ts', types, "import 'uplot/dist/uPlot.min.css';", "import './b.ts';")).toEqual([]);
  });

  it('lets a test use files, test packages, earlier rooms and the simulator, but no later room', () => {
    const allowed = ["import { rmSync } from 'node:fs';", "import fc from 'fast-check';"];
    const rooms = [
      "import { open } from '../sources/messages/index.ts';",
      "import { write } from '../simulator/index.ts';",
    ];
    expect(check('src/transform/a.test.ts', ...allowed, ...rooms)).toEqual([]);
    expect(check('src/transform/a.test.ts', "import { apply } from '../load/index.ts';")).toHaveLength(1);
  });

  it('does not take comments and strings for code', () => {
    const comment = ['// Date.now() is for the kernel', '/*', "import { x } from '../load/index.ts';", '*/'];
    expect(check('src/decode/a.ts', ...comment, "const text = 'setTimeout';", 'const re = /Math.random/;')).toEqual([]);
  });

  it('sees code behind a string, a template and a regular expression that look like comments', () => {
    const decoys = [
      "const url = 'http://x';",
      `const t = \`/* ${slot('a')} \`;`,
      'const re = /["/*]/;',
      'const half = a / b;',
    ];
    expect(check('src/decode/a.ts', ...decoys, 'const nowMs = Date.now();')).toHaveLength(1);
  });

  it('sees code inside a template', () => {
    expect(check('src/decode/a.ts', `const t = \`at ${slot('{ a: Date.now() }.a')} now\`;`)).toHaveLength(1);
  });

  it('refuses a file of src/ that stands in no room', () => {
    expect(check('src/misc/a.ts', 'export const a = 1;')).toHaveLength(1);
  });

  it('names the place and the reason', () => {
    const [violation] = check('src/decode/a.ts', '', "import { apply } from '../load/index.ts';");
    expect(violation).toContain('src/decode/a.ts:2');
    expect(violation).toContain('so that it can be fuzzed');
  });
});

describe('the linter of imports', () => {
  it('finds what is planted, and nothing else', async () => {
    const planted: Record<string, string[]> = {
      'src/kernel/index.ts': ['export const must = 1;'],
      'src/load/index.ts': ["import type { Clock } from '../kernel/index.ts';", 'export type Plan = Clock;'],
      'src/decode/index.ts': ["export { a } from './typedstream.ts';"],
      'src/decode/typedstream.ts': ["import type { Plan } from '../load/index.ts';", 'export const a: Plan = 1;'],
      'src/decode/files.ts': ["import { readFileSync } from 'node:fs';", 'readFileSync;'],
      'src/decode/parcel.ts': ["import { z } from 'zod';", 'z;'],
      'src/decode/one.ts': ["export * from './two.ts';"],
      'src/decode/two.ts': ["export * from './one.ts';"],
      'src/decode/lost.ts': ["import './nowhere.ts';"],
      'src/transform/a.ts': ["import { a } from '../decode/typedstream.ts';", 'a;'],
      'src/transform/a.test.ts': [
        "import { readFileSync } from 'node:fs';",
        "import fc from 'fast-check';",
        'readFileSync; fc;',
      ],
      'src/transform/b.test.ts': ["import { Command } from 'commander';", 'Command;'],
      'src/simulator/index.ts': ["export { must } from '../kernel/index.ts';"],
      'src/cli/demo.ts': ["import { must } from '../simulator/index.ts';", 'must;'],
      'src/cli/import.ts': ["import { must } from '../simulator/index.ts';", 'must;'],
      'bench/import.ts': ["import { a } from '../src/decode/typedstream.ts';", 'a;'],
    };
    const files = new Map(Object.entries(planted).map(([file, lines]) => [file, lines.join('\n')]));
    const { modules, violations } = await lintImports(files);
    expect(modules).toBe(files.size);
    const seen = violations.map((violation) => violation.split('.ts ')[0]);
    expect(seen.sort()).toEqual([
      'cli-imports: src/cli/import',
      'decode-builtins: src/decode/files',
      'decode-imports: src/decode/typedstream',
      'decode-packages: src/decode/parcel',
      'no-cycles: src/decode/one',
      'nothing-unresolved: src/decode/lost',
      'rooms-have-one-entrance: bench/import',
      'transform-imports: src/transform/a',
      'transform-test-packages: src/transform/b.test',
    ]);
  });
});
