/**
 * Writes the documents that are made from the code: `node scripts/generate-docs.ts`. A test compares each with what
 * stands in docs/, so a document is never older than the table it came from.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { cliDocument } from '../src/cli/index.ts';
import { configurationDocument, flagsOf } from '../src/config/index.ts';
import { ERRORS } from '../src/kernel/index.ts';
import { projectRoot, readProjectFile } from '../test/project-files.ts';
import { schemaDocument } from './schema-document.ts';
import { withWallsDiagram } from './walls-diagram.ts';

/** `content` is given what the file holds now, null when there is none, for documents that are made in part. */
export type GeneratedDocument = { file: string; content(current: string | null): string };

export const generatedDocuments: readonly GeneratedDocument[] = [
  { file: 'docs/errors.md', content: () => errorsDocument() },
  { file: 'docs/configuration.md', content: () => configurationDocument() },
  { file: 'docs/cli.md', content: () => cliDocument(flagsOf) },
  { file: 'docs/schema.sql', content: () => schemaDocument() },
  { file: 'ARCHITECTURE.md', content: (current) => withWallsDiagram(current ?? '') },
];

function errorsDocument(): string {
  const lines = [
    '# Errors',
    '',
    'Every error is printed as `error CODE: what happened`, then `hint: what to do`. The codes never change.',
    'This page is made from `src/kernel/errors.ts`; do not edit it.',
    '',
    '| code | exit | what it means | what to do |',
    '|---|---|---|---|',
  ];
  for (const [code, entry] of Object.entries(ERRORS)) {
    lines.push(`| \`${code}\` | ${entry.exit} | ${cell(entry.meaning)} | ${cell(entry.hint)} |`);
  }
  return `${lines.join('\n')}\n`;
}

/** Text inside a table: a bar would start the next column. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

if (import.meta.main) {
  for (const { file, content } of generatedDocuments) {
    const full = path.join(projectRoot, file);
    mkdirSync(path.dirname(full), { recursive: true });
    writeFileSync(full, content(readProjectFile(file)));
  }
}
