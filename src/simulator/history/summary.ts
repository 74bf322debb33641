import type { MessageRow } from '../rows.ts';

/** message_summary_info of an ordinary message. */
export function summaryInfo(_row: MessageRow): Uint8Array | null {
  return null;
}
