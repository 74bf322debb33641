import { readFileSync } from 'node:fs';
import path from 'node:path';

/** The version that package.json names. */
export function version(): string {
  const file = path.join(import.meta.dirname, '..', '..', 'package.json');
  const content: unknown = JSON.parse(readFileSync(file, 'utf8'));
  const named = typeof content === 'object' && content !== null && 'version' in content ? content.version : null;
  return String(named);
}
