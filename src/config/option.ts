import { z } from 'zod';

/** What the defaults of paths depend on. An argument everywhere, so that every machine can be tried on one. */
export type Machine = {
  platform: NodeJS.Platform;
  home: string;
  env: Readonly<Record<string, string | undefined>>;
};

/** Commands an option belongs to; 'all' stands before the command on the command line. */
export type Scope = 'all' | readonly string[];

/**
 * One setting, described once. `name` is its flag and its key in the configuration file, kebab-case; `env` its
 * variable. `parse` takes what a flag, a variable (text) or the file (any JSON value) holds and gives the typed value,
 * or fails with an issue that says what is accepted.
 */
export type Option<T> = {
  name: string;
  env: string;
  /** How help names the value; null for a switch. */
  placeholder: string | null;
  schema: z.ZodType<T>;
  defaultFor(machine: Machine): T;
  /** The default as documentation shows it. */
  defaultText: string;
  description: string;
  /** A private value is never repeated, neither in an error nor in a listing. */
  private: boolean;
  /** A path: a leading ~/ means the home folder, and in the file it is relative to the file's own folder. */
  isPath: boolean;
  /** Secrets come from the environment alone: everybody can read a command line, and a file keeps what it holds. */
  isSecret: boolean;
  commands: Scope;
};

type OptionInput<T> = {
  name: string;
  placeholder?: string | null;
  schema: z.ZodType<T>;
  default: T | ((machine: Machine) => T);
  defaultText?: string;
  description: string;
  private?: boolean;
  isPath?: boolean;
  isSecret?: boolean;
  commands: Scope;
};

/** Describes one option; the variable's name follows from the option's. */
export function option<T extends string | number | boolean | null>(input: OptionInput<T>): Option<T> {
  const fallback = input.default;
  return {
    name: input.name,
    env: `CHATSTATS_${input.name.replaceAll('-', '_').toUpperCase()}`,
    placeholder: input.placeholder ?? null,
    schema: input.schema,
    defaultFor: (machine) => (typeof fallback === 'function' ? fallback(machine) : fallback),
    defaultText: input.defaultText ?? (fallback === null ? 'none' : String(fallback)),
    description: input.description,
    private: input.private ?? input.isSecret ?? false,
    isPath: input.isPath ?? false,
    isSecret: input.isSecret ?? false,
    commands: input.commands,
  };
}

/** Values arrive as text from flags and variables and as JSON from the file; these schemas take both. */
export const text = z.string({ error: 'must be text' }).min(1, { error: 'must not be empty' });

export const positiveNumber = numeric(z.number().positive({ error: 'must be a number above 0' }));

export const positiveInteger = numeric(
  z.number().int({ error: 'must be a whole number' }).positive({ error: 'must be above 0' }),
);

export const wholeNumber = numeric(
  z.number().int({ error: 'must be a whole number' }).nonnegative({ error: 'must be 0 or more' }),
);

const PORT = 'must be a port, 0 to 65535';
export const portNumber = numeric(
  z.number().int({ error: PORT }).nonnegative({ error: PORT }).max(65_535, { error: PORT }),
);

/** A number, or text that is one in decimal notation: Number() alone would take '' for 0 and '0x10' for 16. */
function numeric(schema: z.ZodNumber): z.ZodType<number> {
  const decimal = z.union(
    [
      z.number(),
      z
        .string()
        .trim()
        .regex(/^\d+(?:\.\d+)?$/)
        .transform(Number),
    ],
    {
      error: 'must be a number above 0',
    },
  );
  return decimal.pipe(schema);
}

const SWITCH_WORDS: Record<string, boolean> = {
  true: true,
  yes: true,
  on: true,
  1: true,
  false: false,
  no: false,
  off: false,
  0: false,
};

export const onOrOff: z.ZodType<boolean> = z.union(
  [
    z.boolean(),
    z
      .string()
      .transform((word) => SWITCH_WORDS[word.trim().toLowerCase()])
      .pipe(z.boolean()),
  ],
  { error: 'must be true or false' },
);

export function oneOf<const T extends readonly [string, ...string[]]>(words: T): z.ZodType<T[number]> {
  return z.enum(words, { error: `must be one of ${words.join(', ')}` });
}

/** A Redis server; its password may be in it, so that nothing of it is ever repeated. */
export const redisUrl: z.ZodType<string> = z
  .string({ error: 'must be the URL of a Redis server' })
  .trim()
  .refine((url) => /^(?:rediss?:\/\/|unix:\/)/.test(url) && URL.canParse(url) && hasDatabase(new URL(url)), {
    error: 'must be the URL of a Redis server, such as redis://127.0.0.1:6379 or redis://:password@host:6379/2',
  });

/** A database of Redis is a number; of a socket it is named by ?db=. */
function hasDatabase({ protocol, pathname, searchParams }: URL): boolean {
  return protocol === 'unix:' ? /^\d*$/.test(searchParams.get('db') ?? '') : /^(?:\/\d*)?$/.test(pathname);
}

/** A country by its two letters (ISO 3166-1), in any case. */
export const countryCode: z.ZodType<string> = z
  .string({ error: 'must be a country code of two letters' })
  .trim()
  .regex(/^[A-Za-z]{2}$/, { error: 'must be a country code of two letters, such as US or DE' })
  .transform((code) => code.toUpperCase());
