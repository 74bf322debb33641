import type { Act } from '../act.ts';
import { CHANGE_ACTS } from './changes.ts';
import { DELETION_ACTS } from './deletions.ts';
import { FILE_ACTS } from './files.ts';
import { GROUP_ACTS } from './groups.ts';
import { ICLOUD_ACTS } from './icloud.ts';
import { POISON_ACTS } from './poison.ts';
import { REACTION_ACTS } from './reactions.ts';
import { TALK_ACTS } from './talk.ts';
import { UPKEEP_ACTS } from './upkeep.ts';

/** Everything that an actor can do. */
export const ACTS: readonly Act[] = [
  ...TALK_ACTS,
  ...CHANGE_ACTS,
  ...REACTION_ACTS,
  ...DELETION_ACTS,
  ...FILE_ACTS,
  ...GROUP_ACTS,
  ...ICLOUD_ACTS,
  ...POISON_ACTS,
  ...UPKEEP_ACTS,
];
