import { spawnSync } from 'node:child_process';
import { existsSync, globSync, statSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from '../project-files.ts';

/** Before any test: the page as its sources are now. Built anew only when one of them is younger than what was built. */
export default function setUp(): void {
  const built = path.join(projectRoot, 'web', 'dist', 'index.html');
  const sources = globSync('web/{src,public}/**/*', { cwd: projectRoot }).concat(
    'web/index.html',
    'web/vite.config.ts',
  );
  const youngest = Math.max(...sources.map((file) => statSync(path.join(projectRoot, file)).mtimeMs));
  if (existsSync(built) && statSync(built).mtimeMs >= youngest) return;
  const vite = path.join(projectRoot, 'node_modules', '.bin', 'vite');
  const { status, stderr } = spawnSync(vite, ['build', 'web', '--logLevel', 'warn'], {
    cwd: projectRoot,
    encoding: 'utf8',
    env: { ...process.env, PATH: `${path.dirname(vite)}${path.delimiter}${process.env.PATH ?? ''}` },
  });
  if (status !== 0) throw new Error(`the page cannot be built:\n${stderr}`);
}
