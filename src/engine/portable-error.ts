import { ChatStatsError, ERRORS, type ErrorCode, firstError } from '../kernel/index.ts';

/**
 * An error on its way to another thread or process. One of the catalogue crosses as it is. Of any other only its kind
 * crosses, because its message may quote what it was working on. `places` says where it happened, for those who ask.
 */
export type PortableError = { code: ErrorCode; message: string; hint: string; places: readonly string[] };

const MAX_PLACES = 40;

export function toPortable(thrown: unknown): PortableError {
  const error = firstError(thrown);
  const places = placesOf(error).slice(0, MAX_PLACES);
  if (error instanceof ChatStatsError) return { code: error.code, message: error.message, hint: error.hint, places };
  return { code: 'INTERNAL', message: kindOf(error), hint: ERRORS.INTERNAL.hint, places };
}

/** The error again; one that another version calls by a name unknown here is told under INTERNAL. */
export function fromPortable({ code, message, hint, places }: PortableError): ChatStatsError {
  const known = Object.hasOwn(ERRORS, code);
  const error = new ChatStatsError(known ? code : 'INTERNAL', known ? message : `${code}: ${message}`, { hint });
  error.stack = [`${error.name}: ${error.message}`, ...places].join('\n');
  return error;
}

/** The name of a foreign error, and its code where it has one: "SqliteError 1", "RangeError". */
export function kindOf(error: unknown): string {
  if (!(error instanceof Error)) return `something of type ${typeof error} was thrown`;
  const { code } = error as { code?: unknown };
  const words = [error.name, ...(typeof code === 'string' || typeof code === 'number' ? [String(code)] : [])];
  // Both are set by whoever made the error: what does not look like a name is not repeated.
  return words.map((word) => (/^\w{1,60}$/.test(word) ? word : 'Error')).join(' ');
}

/** The frames of a stack and of its causes. What stands before them is the message, which may hold anything. */
function placesOf(error: unknown): string[] {
  if (!(error instanceof Error)) return [];
  const { message, stack = '', cause } = error;
  const end = stack.lastIndexOf(message);
  const frames = end === -1 ? [] : stack.slice(end + message.length).split('\n');
  const own = frames.filter((line) => /^\s+at /.test(line));
  return cause === undefined ? own : [...own, `    at (cause: ${kindOf(cause)})`, ...placesOf(cause)];
}
