import type { ProgramResult, RunProgram } from './manager.ts';

/** Stand-ins for launchctl and systemctl, which remember what they were asked to change. */

const done = (stdout = ''): ProgramResult => ({ status: 0, stdout, stderr: '' });

export function launchctlPrint(lines: readonly string[]): string {
  return ['gui/501/org.chatstats.up = {', '\tactive count = 1', '\ttype = LaunchAgent', ...lines, '}', ''].join('\n');
}

export class FakeLaunchctl {
  readonly changes: string[] = [];
  isLoaded = false;
  #refuses: number;
  readonly #slowToGo: number;
  #going = 0;

  /** `slowToGo`: so many looks after a bootout still find the job. */
  constructor({ refuses = 0, slowToGo = 0 } = {}) {
    this.#refuses = refuses;
    this.#slowToGo = slowToGo;
  }

  readonly run: RunProgram = async (command, args) => {
    const [verb = ''] = args;
    if (command !== 'launchctl') return { status: null, stdout: '', stderr: '' };
    if (verb === 'print') return this.#print();
    this.changes.push(args.join(' '));
    if (verb === 'bootout') {
      this.#going = this.#slowToGo;
      this.isLoaded = this.#going > 0;
    }
    if (verb === 'bootstrap') {
      if (this.#refuses > 0 || this.isLoaded) {
        this.#refuses -= 1;
        return { status: 5, stdout: '', stderr: 'Bootstrap failed: 5: Input/output error\nTry re-running…\n' };
      }
      this.isLoaded = true;
    }
    return done();
  };

  #print(): ProgramResult {
    if (!this.isLoaded) return { status: 113, stdout: '', stderr: 'Could not find service' };
    if (this.#going > 0) {
      this.#going -= 1;
      if (this.#going === 0) this.isLoaded = false;
    }
    return done(launchctlPrint(['\tstate = running', '\tpid = 4321', '\tlast exit code = (never exited)']));
  }
}

export class FakeSystemctl {
  readonly changes: string[] = [];
  answers: boolean;
  shown: Record<string, string> = { ActiveState: 'inactive', MainPID: '0', ExecMainCode: '0', ExecMainStatus: '0' };
  readonly #refuses: string | null;

  constructor({ answers = true, refuses = null as string | null } = {}) {
    this.answers = answers;
    this.#refuses = refuses;
  }

  readonly run: RunProgram = async (command, [user, ...args]) => {
    const [verb = ''] = args;
    if (command !== 'systemctl' || user !== '--user') return { status: null, stdout: '', stderr: '' };
    if (!this.answers) return { status: 1, stdout: '', stderr: 'Failed to connect to bus: No medium found\n' };
    if (verb === 'show-environment') return done();
    if (verb === 'show') {
      return done(
        Object.entries(this.shown)
          .map((entry) => `${entry.join('=')}\n`)
          .join(''),
      );
    }
    if (verb === this.#refuses) return { status: 1, stdout: '', stderr: 'Access denied\n' };
    this.changes.push(args.join(' '));
    if (args.includes('--now') || verb === 'restart') this.shown = { ...this.shown, MainPID: '99' };
    return done();
  };
}
