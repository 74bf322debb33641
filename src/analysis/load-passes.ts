import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { ChatStatsError } from '../kernel/index.ts';
import { kindsOf, type Pass, type PassInfo } from './pass.ts';
import { conversationStats } from './passes/conversation-stats.ts';
import { llmPass } from './passes/llm/pass.ts';
import type { LlmSettings } from './passes/llm/settings.ts';

/** Which passes there are, as data: another thread, or another machine, makes the same of it. */
export type PassSettings = {
  /** A module of the user's, by its absolute path; null: none. */
  module: string | null;
  /** The names of those that are on; null: all that there are. */
  names: readonly string[] | null;
  /** Null: the pass of the language model is off. */
  llm: LlmSettings | null;
};

export type LoadedPass = { pass: Pass; info: PassInfo };

const kind = z.enum(['live', 'batch']);
const isFunction = (value: unknown) => typeof value === 'function';
const shape = z.object({
  name: z.string().regex(/^[a-z][a-z0-9-]{0,39}$/, { error: 'is lower-case letters, digits and "-"' }),
  version: z.int({ error: 'is a whole number from 1' }).positive({ error: 'is a whole number from 1' }),
  kind: z.union([kind, z.array(kind).min(1)], { error: 'is "live", "batch" or both' }),
  input: z.custom(isFunction, { error: 'is a function' }),
  run: z.custom(isFunction, { error: 'is a function' }),
  schema: z.custom((value) => isFunction(value) || isFunction((value as { safeParse?: unknown } | null)?.safeParse), {
    error: 'is a schema of zod, or a function that makes one',
  }),
  priority: z.int().min(1).max(1_000).optional(),
  concurrency: z.int().min(1).max(64).optional(),
  timeoutMs: z.int().positive().optional(),
  bounds: z.object({ tokens: z.int().nullable(), cost: z.int().nullable() }).nullish(),
  estimate: z.custom(isFunction, { error: 'is a function' }).optional(),
});

/** All passes that are on. Throws USAGE where a module cannot be loaded, holds something else, or a name is not known. */
export async function loadPasses(settings: PassSettings): Promise<LoadedPass[]> {
  const builtIn = [conversationStats as Pass, ...(settings.llm === null ? [] : [llmPass(settings.llm) as Pass])];
  const own = settings.module === null ? [] : await modulePasses(settings.module);
  const all = [
    ...builtIn.map((pass) => ({ pass, info: infoOf(pass, 'built-in') })),
    ...own.map((pass) => ({ pass, info: infoOf(pass, 'module') })),
  ];
  const seen = new Set<string>();
  for (const { info } of all) {
    if (seen.has(info.name)) throw new ChatStatsError('USAGE', `there are two passes called ${info.name}`);
    seen.add(info.name);
  }
  const { names } = settings;
  const missing = names?.find((name) => !seen.has(name));
  if (missing !== undefined) {
    const why =
      missing === 'llm'
        ? 'it needs --llm-url and --llm-model, and your word where the server is another machine'
        : 'there is none of this name';
    throw new ChatStatsError('USAGE', `the pass ${shown(missing)} cannot be on: ${why}`);
  }
  return names === null ? all : all.filter(({ info }) => names.includes(info.name));
}

async function modulePasses(file: string): Promise<Pass[]> {
  let loaded: { default?: unknown };
  try {
    loaded = (await import(pathToFileURL(path.resolve(file)).href)) as { default?: unknown };
  } catch (cause) {
    const { code, name } = cause as { code?: unknown; name?: unknown };
    throw new ChatStatsError('USAGE', `the module of passes ${file} cannot be loaded (${String(code ?? name)})`, {
      cause,
    });
  }
  return [loaded.default].flat().map((candidate, at) => checkedPass(candidate, file, at));
}

function checkedPass(candidate: unknown, file: string, at: number): Pass {
  const checked = shape.safeParse(candidate);
  if (!checked.success) {
    const issue = checked.error.issues[0];
    const what = issue === undefined || issue.path.length === 0 ? 'it' : `its ${String(issue.path[0])}`;
    throw new ChatStatsError(
      'USAGE',
      `${file}: what it exports by default is to be a pass, or a list of them; of number ${at + 1}, ${what} is none: ${issue?.message ?? ''}`,
    );
  }
  const pass = candidate as Pass;
  // Modules outside this package cannot import its zod, so they may be handed it.
  const { schema } = pass as { schema: unknown };
  return typeof schema === 'function' && !isFunction((schema as { safeParse?: unknown }).safeParse)
    ? Object.assign(Object.create(Object.getPrototypeOf(pass) as object) as Pass, pass, {
        schema: (schema as (zod: typeof z) => Pass['schema'])(z),
      })
    : pass;
}

function infoOf(pass: Pass, origin: PassInfo['origin']): PassInfo {
  const { name, version, priority = 1, bounds = null } = pass;
  return { name, version, kinds: kindsOf(pass), priority, bounds, origin };
}

function shown(name: string): string {
  return /^[\w-]{1,40}$/.test(name) ? name : 'that was named';
}
