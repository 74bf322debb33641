import type { Clock } from '../kernel/index.ts';
import type { RunProgram } from '../service/index.ts';

/** A stream of text that may be a terminal. */
export type TextStream = NodeJS.WritableStream & { isTTY?: boolean; columns?: number };

/** The keyboard, where stdin is one. */
export type KeyInput = NodeJS.ReadableStream & { isTTY?: boolean; setRawMode(isRaw: boolean): unknown };

/** Everything outside the program that a command depends on: an argument, so that a test can be another machine. */
export type World = {
  /** What was typed after the program's name. */
  args: readonly string[];
  env: Readonly<Record<string, string | undefined>>;
  platform: NodeJS.Platform;
  home: string;
  temporaryFolder: string;
  /** The Node that runs us, by its path. */
  node: string;
  /** The number of the user; null where the system has none. */
  userId: number | null;
  /** The zone in which days and hours are shown, such as Europe/Berlin. */
  timeZone: string;
  /** The locale of the machine, such as de-DE, where the environment does not name one. */
  locale: string;
  /** Only asked for a password; null where there is none. */
  stdin: KeyInput | null;
  stdout: TextStream;
  stderr: TextStream;
  clock: Clock;
  /** Asks the person at the terminal, and answers with what they typed; null where there is nobody to ask. */
  ask(question: string): Promise<string | null>;
  /** Opens an address in the person's browser, where there is one; that it does not open is no error. */
  openInBrowser(address: string): void;
  /** Runs a program of the system, such as systemctl, to its end. */
  runProgram: RunProgram;
  /**
   * Calls `listener` on the first request to stop (Ctrl-C, SIGTERM). A second one ends the process at once, by the
   * system's own hand, even while a long statement runs. Disposing takes the listener away.
   */
  onInterrupt(listener: () => void): Disposable;
};
