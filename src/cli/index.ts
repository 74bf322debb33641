/**
 * The command line: parses, prints and sets the exit code; what happens is decided by the rooms behind it. Data goes
 * to stdout and everything else to stderr; with --json stdout holds one JSON object (JSON lines for `export`) and
 * nothing else. Every failure is one line `error CODE: what happened` and one line `hint: what to do`, without a word
 * of anyone's messages. A command's own module is loaded when the command runs, so that the program starts quickly.
 *
 * `runCli` never throws: it answers with the exit code. `cliDocument` is docs/cli.md.
 */
export { cliDocument } from './document.ts';
export { runCli } from './run.ts';
export type { TextStream, World } from './world.ts';
