import { InvariantError } from '../kernel/index.ts';
import type { JobKind } from './kinds.ts';

/** What a job is about. `pass` is a name of lower-case letters, digits and "-"; `fingerprint` is hexadecimal. */
export type JobSubject = {
  kind: JobKind;
  pass: string;
  version: number;
  conversationId: number;
  fingerprint: string;
};

const ID = /^[A-Za-z][A-Za-z0-9_-]{0,199}$/;

/** One id for one content under one version of a pass, whoever asks and however often. */
export function jobId({ kind, pass, version, conversationId, fingerprint }: JobSubject): string {
  return checkedJobId(`${kind}_${pass}_v${version}_${conversationId}_${fingerprint}`);
}

/** Throws on an id that some engine would refuse. */
export function checkedJobId(id: string): string {
  if (!ID.test(id)) throw new InvariantError('the id of a job holds letters, digits, "_" and "-" alone');
  return id;
}
