import type { CommanderError } from 'commander';
import { ChatStatsError, EXIT, type ExitCode } from '../kernel/index.ts';
import type { Invocation } from './invocation.ts';
import { failureLines } from './report-error.ts';
import { version } from './version.ts';
import type { World } from './world.ts';

/** Runs one command and answers with the exit code of the contract. Whatever goes wrong is told on stderr. */
export async function runCli(given: World): Promise<ExitCode> {
  let world = given;
  let debug = false;
  try {
    // The commonest question of scripts is answered before anything else is loaded.
    const [first, ...others] = world.args;
    if (first === '--version' && others.length === 0) return say(world, version());
    const { CHATSTATS_SERVICE_LOG: log } = world.env;
    if (log !== undefined) (await import('../service/index.ts')).rotateLog(log);
    if (world.env.CHATSTATS_SERVICE_SECRETS !== undefined) world = await withSecrets(world);
    // The engine's thread loads its code while this one finds out what is asked for; nothing is opened ahead.
    if (['import', 'sync', 'up'].some((command) => world.args.includes(command)))
      (await import('../engine/index.ts')).startThreadAhead();
    const parsed = await parse(world);
    if (typeof parsed === 'number') return parsed;
    const invocation = await configured(world, parsed);
    debug = invocation.config.logLevel === 'debug' || invocation.config.logLevel === 'trace';
    const { run } = await parsed.command.load();
    return await run(invocation);
  } catch (error) {
    world.stderr.write(`${failureLines(error, { debug }).join('\n')}\n`);
    return error instanceof ChatStatsError ? error.exitCode : EXIT.failed;
  }
}

/** A service is told by a file what nobody else may see; what it was given openly goes before that. */
async function withSecrets(world: World): Promise<World> {
  const { SECRETS_VARIABLE, secretsIn } = await import('../service/index.ts');
  const file = world.env[SECRETS_VARIABLE] ?? '';
  return { ...world, env: { ...secretsIn(file), ...world.env } };
}

type Parsed = Awaited<ReturnType<typeof import('./program.ts')['parseArguments']>>;

/** What was asked for; or an exit code, when help was asked for and has been given. */
async function parse(world: World): Promise<NonNullable<Parsed> | ExitCode> {
  const { parseArguments } = await import('./program.ts');
  try {
    const parsed = await parseArguments(world);
    return parsed ?? EXIT.done;
  } catch (error) {
    const { code, exitCode, message } = error as CommanderError;
    if (typeof code !== 'string' || !code.startsWith('commander.')) throw error;
    if (exitCode === 0) return EXIT.done;
    throw new ChatStatsError('USAGE', usageMessage(code, message), { cause: error });
  }
}

/** Commander's sentence in the form of our errors: one line, without its own prefix. */
function usageMessage(code: string, message: string): string {
  if (code === 'commander.help') return 'no command was named';
  return message.replace(/^error: /, '').replace(/\s*\n\s*/g, ' ');
}

async function configured(world: World, parsed: NonNullable<Parsed>): Promise<Invocation> {
  const { readConfigFile, resolveConfig } = await import('../config/index.ts');
  const { flags, words } = parsed;
  const machine = { platform: world.platform, home: world.home, env: world.env };
  const config = resolveConfig({ flags, file: readConfigFile(flags, machine), machine });
  return { world, config, flags, words };
}

function say(world: World, line: string): ExitCode {
  world.stdout.write(`${line}\n`);
  return EXIT.done;
}
