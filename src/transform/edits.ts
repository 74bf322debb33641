import type { SummaryInfo } from '../decode/index.ts';

export type EditColumns = {
  /** `date_edited` and `date_retracted`, Unix milliseconds or null. */
  editedAt: number | null;
  retractedAt: number | null;
  isEmpty: boolean;
  summary: SummaryInfo | null;
};

export type EditVersion = { part: number; at: number | null; text: string | null };

export type EditState = {
  editedAt: number | null;
  unsentAt: number | null;
  /** Parts taken back one by one; empty when the whole message was. */
  unsentParts: number[];
  /** Every version of every edited part in the order of time, the original first; empty when never edited. */
  versions: EditVersion[];
};

/**
 * What an edit or an unsend left in the row. Systems up to macOS 14 set `date_retracted`; later ones set only
 * `date_edited`, and say by `is_empty`, or by listing every part as unsent, that the whole message is gone.
 */
export function editState(columns: EditColumns): EditState {
  const { summary } = columns;
  const unsentParts = summary?.unsentParts ?? [];
  const parts = summary?.parts ?? [];
  const versions = (summary?.edits ?? [])
    .flatMap((edit) => edit.versions.map((version) => ({ part: edit.part, at: version.atMs, text: version.text })))
    .map((version, index) => ({ version, index }))
    .sort((a, b) => (a.version.at ?? 0) - (b.version.at ?? 0) || a.index - b.index)
    .map(({ version }) => version);

  const allPartsUnsent =
    unsentParts.length > 0 && parts.length > 0 && parts.every((part) => unsentParts.includes(part));
  const retractedWithoutParts = columns.retractedAt !== null && unsentParts.length === 0;
  const emptied = columns.isEmpty && (columns.editedAt !== null || columns.retractedAt !== null);
  const whole = allPartsUnsent || retractedWithoutParts || emptied;

  const touchedAt = columns.editedAt ?? columns.retractedAt;
  const unsentAt = whole ? (columns.retractedAt ?? columns.editedAt) : null;
  const onlyUnsent = whole || unsentParts.length > 0;
  const lastVersionAt = versions.at(-1)?.at ?? null;
  return {
    editedAt:
      versions.length > 0 ? (onlyUnsent ? lastVersionAt : (touchedAt ?? lastVersionAt)) : onlyUnsent ? null : touchedAt,
    unsentAt,
    unsentParts: whole ? [] : [...unsentParts].sort((a, b) => a - b),
    versions,
  };
}
