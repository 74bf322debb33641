import { encodePlist } from '../encode/plist.ts';
import type { MessageRow } from '../rows.ts';

/** What practically every iMessage has: no edits, "uses shared transport". */
const ORDINARY = encodePlist({ amc: 0, ust: true });
const NEWEST = encodePlist({ amc: 0, ust: true, 'cmmS\u0010': 0, cmmAO: 0 });
const SMS = encodePlist({ amc: 0, oui: '22000' });

/** message_summary_info of an ordinary message of this row's service; null for most texts over the telephone network. */
export function summaryInfo(row: MessageRow, level: number): Uint8Array | null {
  if (row.service === 'iMessage') return level >= 8 ? NEWEST : ORDINARY;
  return row.handle_id !== 0 && row.handle_id !== null && row.handle_id % 16 === 0 ? SMS : null;
}
