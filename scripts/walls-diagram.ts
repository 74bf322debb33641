/**
 * Prints the walls as a mermaid graph, from rooms.cjs: an arrow from each room to the rooms it may import, dotted where
 * it may take types alone. ARCHITECTURE.md holds exactly this between its two markers (scripts/generate-docs.ts
 * writes it there, a test compares).
 */
import { rooms } from '../rooms.cjs';

export const WALLS_START = '<!-- walls:start -->';
export const WALLS_END = '<!-- walls:end -->';

/** Nearly every room may import these; drawing their arrows would hide the others. */
const EVERYWHERE = ['kernel', 'model'];

/** The graph, with the fence that Markdown needs and a line break at its end. */
export function wallsDiagram(): string {
  const lines = ['```mermaid', 'graph TD'];
  const id = (name: string) => name.replace(/\W/g, '_');
  for (const room of rooms) lines.push(`  ${id(room.name)}["${room.file ?? `${room.name}/`}"]`);
  for (const room of rooms) {
    for (const other of room.imports) {
      if (!EVERYWHERE.includes(other) || EVERYWHERE.includes(room.name))
        lines.push(`  ${id(room.name)} --> ${id(other)}`);
    }
    for (const other of room.types) lines.push(`  ${id(room.name)} -.-> ${id(other)}`);
    for (const door of room.doors ?? []) {
      const file = door.file.split('/').at(-1) ?? door.file;
      for (const other of door.imports) lines.push(`  ${id(room.name)} -- "${file}" --> ${id(other)}`);
    }
  }
  lines.push('```', '');
  return lines.join('\n');
}

/** `document` with what stands between the two markers replaced by the graph; unchanged when it has no markers. */
export function withWallsDiagram(document: string): string {
  const start = document.indexOf(WALLS_START);
  const end = document.indexOf(WALLS_END);
  if (start < 0 || end < start) return document;
  return `${document.slice(0, start + WALLS_START.length)}\n${wallsDiagram()}${document.slice(end)}`;
}

if (import.meta.main) process.stdout.write(wallsDiagram());
