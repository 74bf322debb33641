/**
 * Runs dependency-cruiser over the project with the rules of .dependency-cruiser.cjs. It cannot read TypeScript without
 * the JavaScript interface of the compiler, which TypeScript 7 no longer has; Node can erase types. So the sources are
 * erased into a folder aside, imports of types kept as imports, and that is what is cruised.
 */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire, stripTypeScriptTypes } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { cruise, type IConfiguration, type ICruiseResult } from 'dependency-cruiser';
import { projectFiles, projectRoot } from '../test/project-files.ts';

export type ImportReport = { modules: number; violations: string[] };

/** Lints `files` (path relative to the project → text). */
export async function lintImports(files: ReadonlyMap<string, string>): Promise<ImportReport> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'chatstats-imports-'));
  try {
    for (const [file, source] of files) {
      const target = path.join(folder, toJavaScript(file));
      mkdirSync(path.dirname(target), { recursive: true });
      writeFileSync(target, erased(source));
    }
    for (const name of ['node_modules', 'package.json', 'rooms.cjs', 'possessions.cjs']) {
      symlinkSync(path.join(projectRoot, name), path.join(folder, name));
    }
    return await report(folder, new Set([...files.keys()].map((file) => file.split('/')[0] ?? file)));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function report(folder: string, roots: Set<string>): Promise<ImportReport> {
  const rules = createRequire(import.meta.url)('../.dependency-cruiser.cjs') as IConfiguration;
  const { output } = await cruise(
    [...roots],
    { ...rules.options, baseDir: folder, validate: true, ruleSet: { forbidden: rules.forbidden ?? [] } },
    rules.options?.enhancedResolveOptions ?? {},
  );
  const { summary, modules } = output as ICruiseResult;
  return {
    modules: modules.filter((module) => module.followable !== false && module.source.endsWith('.js')).length,
    violations: summary.violations.map(({ rule, from, to, comment }) =>
      [`${rule.name}: ${toTypeScript(from)} imports ${toTypeScript(to)}.`, comment ?? ''].join(' ').trim(),
    ),
  };
}

/** Types erased, but imports and exports of types kept as plain ones: who knows whom is the question here. */
function erased(source: string): string {
  const asCode = source
    .replace(/^(import|export) type (?=[{*]|\w+ from)/gm, '$1 ')
    .replace(/([{,]\s*)type (?=\w+[\s,}])/g, '$1');
  return stripTypeScriptTypes(asCode).replace(/(\bfrom\s+|\bimport\s*\(?\s*)(['"])(\.[^'"\n]*)\.ts\2/g, '$1$2$3.js$2');
}

const toJavaScript = (file: string) => file.replace(/\.ts$/, '.js');
const toTypeScript = (file: string) => file.replace(/\.js$/, '.ts');

if (import.meta.main) {
  const files = projectFiles(['src/**/*.ts', 'test/**/*.ts', 'bench/**/*.ts', 'scripts/**/*.ts', 'web/src/**/*.ts']);
  const { modules, violations } = await lintImports(files);
  for (const violation of violations) console.error(violation);
  console.error(`${violations.length} violations in ${modules} modules`);
  process.exitCode = violations.length > 0 || modules < files.size ? 1 : 0;
}
