import { realpathSync } from 'node:fs';

type Process = { env: Readonly<Record<string, string | undefined>>; execPath: string };

/** How terminals call themselves in TERM_PROGRAM, where that is not their name. */
const TERMINALS: Record<string, string> = {
  Apple_Terminal: 'Terminal',
  vscode: 'Visual Studio Code',
  ghostty: 'Ghostty',
  WarpTerminal: 'Warp',
  zed: 'Zed',
};

/** Those that run inside another terminal, which is the one that counts and which they do not name. */
const INSIDE_OTHERS = ['tmux', 'screen', 'zellij'];

/**
 * The program that macOS wants to see allowed: the one that is responsible for us, which is the terminal we were
 * started in and not Node. Where no terminal has started us, as at login, Node is responsible itself, by its real path.
 */
export function responsibleProgram({ env, execPath }: Process): string {
  // Whoever comes over the network is let in by a switch of its own.
  if ((env.SSH_CONNECTION ?? '') !== '') {
    return 'remote users (General > Sharing > Remote Login has a switch for that)';
  }
  const named = env.TERM_PROGRAM ?? '';
  if (INSIDE_OTHERS.includes(named)) return `the terminal that ${named} runs in`;
  if (named !== '') return `"${TERMINALS[named] ?? named.replace(/\.app$/, '')}", the program this runs in`;
  return `the program that starts ChatStats, or ${realPath(execPath)} where it starts by itself`;
}

function realPath(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return file;
  }
}
