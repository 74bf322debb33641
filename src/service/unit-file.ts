/** The words of systemd's unit files (man 5 systemd.service, "Command lines"; man 7 systemd.syntax). */

/** A word in double quotes, in which a backslash, a quote and a percent sign (which begins a specifier) are escaped. */
export function quoted(word: string): string {
  return `"${word.replace(/["\\]/g, '\\$&').replaceAll('%', '%%')}"`;
}

/** An argument of a command line, in which a dollar sign would begin the name of a variable too. */
export function quotedArgument(word: string): string {
  return quoted(word).replaceAll('$', '$$$$');
}

/** The words of a command line that was written by `quotedArgument`, the program without quotes; null for any other. */
export function wordsOf(commandLine: string): string[] | null {
  const words = [...commandLine.matchAll(/(?:^| )(?:([^ "'\\]+)|"((?:[^"\\]|\\["\\])*)")(?= |$)/g)];
  if (words.map(([whole]) => whole).join('') !== commandLine) return null;
  return words.map(([, plain, inQuotes]) =>
    (plain ?? inQuotes ?? '')
      .replace(/\\(["\\])/g, '$1')
      .replaceAll('%%', '%')
      .replaceAll('$$', '$'),
  );
}
