import { ChatStatsError, ERRORS } from '../kernel/index.ts';

/**
 * A failure as a person reads it: `error CODE: what happened`, `hint: what to do`. What is not of the catalogue is
 * INTERNAL and named by its kind alone, because the message of a foreign error may quote what it was working on; where
 * it happened is added for those who ask (`--log-level debug`).
 */
export function failureLines(error: unknown, { debug }: { debug: boolean }): string[] {
  const known = error instanceof ChatStatsError;
  const lines = known
    ? [`error ${error.code}: ${oneLine(error.message)}`, `hint: ${oneLine(error.hint)}`]
    : [
        `error INTERNAL: ${kindOf(error)}`,
        `hint: ${ERRORS.INTERNAL.hint}${debug ? '' : ' "--log-level debug" shows where it happened.'}`,
      ];
  return debug ? [...lines, ...placesOf(error)] : lines;
}

/** The name of an unexpected error, and its code where it has one: "SqliteError 1", "RangeError". */
function kindOf(error: unknown): string {
  if (!(error instanceof Error)) return `something of type ${typeof error} was thrown`;
  const { code } = error as { code?: unknown };
  return typeof code === 'string' || typeof code === 'number' ? `${error.name} ${code}` : error.name;
}

/** The frames of the stack and of its causes, without their first lines, which hold the messages. */
function placesOf(error: unknown): string[] {
  if (!(error instanceof Error)) return [];
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return error.cause === undefined ? frames : [...frames, `  cause: ${kindOf(error.cause)}`, ...placesOf(error.cause)];
}

function oneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, ' ');
}
