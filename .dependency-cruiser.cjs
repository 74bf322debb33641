/**
 * The walls of rooms.cjs as rules of the linter. Nothing is decided here. scripts/lint-imports.ts runs it, on the
 * sources with their types erased, which is why extensions are left open.
 */
const { rooms, outside, testPackages } = require('./rooms.cjs');

const TEST = '\\.test\\.[jt]s$';
const quote = (text) => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
const file = (name) => `^${quote(name.replace(/\.ts$/, ''))}\\.[jt]s$`;
const folderOf = (room) => (room.file ? file(room.file) : `^src/${quote(room.name)}/`);
const entryOf = (room) => file(room.file ?? `src/${room.name}/index.ts`);
const roomNamed = (name) => rooms.find((room) => room.name === name);
const packages = (names) => names.map((name) => `(?:^|/)node_modules/(?:@types/)?${quote(name)}/`);
/** A package may be reached through a path of its own place; Node's modules have none. */
const ANY_PACKAGE = '(?:^|/)node_modules/';

/** The rules of one room: for its code, and for the tests beside it. */
function rulesOf(room, at) {
  const doors = room.doors ?? [];
  const name = room.name.replace('/', '-');
  const entries = (names) => names.map((other) => entryOf(roomNamed(other)));
  const own = folderOf(room);
  // Types are erased on the way here: which imports are of types alone is checked by test/walls.test.ts.
  const allowed = [own, ...entries(room.imports), ...entries(room.types)];
  const above = rooms.slice(0, at).map((other) => other.name);
  return [
    {
      name: `${name}-imports`,
      comment: room.why,
      severity: 'error',
      from: { path: own, pathNot: [TEST, ...doors.map((door) => file(door.file))] },
      to: { path: '^src/', pathNot: allowed },
    },
    ...doors.map((door) => ({
      name: `${name}-door`,
      comment: door.why,
      severity: 'error',
      from: { path: file(door.file) },
      to: { path: '^src/', pathNot: [...allowed, ...entries(door.imports)] },
    })),
    {
      name: `${name}-test-imports`,
      comment: 'A test may use what data has passed through before, and made-up databases.',
      severity: 'error',
      from: { path: own, ...(room.file ? {} : { path: `${own}.*${TEST}` }) },
      to: { path: '^src/', pathNot: [own, ...entries(room.imports), ...entries(above), ...entries(['simulator'])] },
    },
    {
      name: `${name}-builtins`,
      comment: room.why,
      severity: 'error',
      from: { path: own, pathNot: TEST },
      to: { dependencyTypes: ['core'], pathNot: room.builtins.map((builtin) => `^(?:node:)?${quote(builtin)}$`) },
    },
    {
      name: `${name}-packages`,
      comment: room.why,
      severity: 'error',
      from: { path: own, pathNot: TEST },
      to: { path: ANY_PACKAGE, pathNot: packages(room.packages) },
    },
    {
      name: `${name}-test-packages`,
      comment: 'Tests have packages of their own, named once in rooms.cjs.',
      severity: 'error',
      from: { path: room.file ? own : `${own}.*${TEST}` },
      to: { path: ANY_PACKAGE, pathNot: packages([...room.packages, ...testPackages]) },
    },
  ];
}

/** An empty pathNot would refuse nothing at all: leave it away, so that everything is refused. */
function withoutEmpty(rule) {
  const clean = (side) =>
    Object.fromEntries(Object.entries(side).filter(([, value]) => !Array.isArray(value) || value.length > 0));
  return { ...rule, from: clean(rule.from), to: clean(rule.to) };
}

module.exports = {
  forbidden: [
    ...rooms.flatMap(rulesOf).map(withoutEmpty),
    {
      name: 'no-cycles',
      comment: 'Two files that need each other are one file, or a third is missing.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'nothing-unresolved',
      comment: 'An import that leads nowhere.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'src-stands-alone',
      comment: 'Nothing in src/ may import from the folders beside it.',
      severity: 'error',
      from: { path: '^src/', pathNot: TEST },
      to: { path: `^(?:${outside.join('|')})/` },
    },
    {
      name: 'rooms-have-one-entrance',
      comment: 'A room is entered through its index.ts, from outside src/ too.',
      severity: 'error',
      from: { path: `^(?:${outside.join('|')})/` },
      to: { path: '^src/', pathNot: rooms.map(entryOf) },
    },
    {
      name: 'no-undeclared-packages',
      comment: 'A package that package.json does not name is there by luck.',
      severity: 'error',
      from: {},
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    preserveSymlinks: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['node', 'import', 'default'] },
  },
};
