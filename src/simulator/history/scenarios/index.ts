import type { MessagesDatabase } from '../../database.ts';
import { APP_SCENARIOS } from './apps.ts';
import { EDIT_SCENARIOS } from './edits.ts';
import { EVENT_SCENARIOS } from './events.ts';
import { FILE_SCENARIOS } from './files.ts';
import { ODD_SCENARIOS } from './odd.ts';
import { REACTION_SCENARIOS } from './reactions.ts';
import type { Scenario } from './scenario.ts';
import { TEXT_SCENARIOS } from './texts.ts';

const ALL: readonly Scenario[] = [
  ...ODD_SCENARIOS,
  ...EDIT_SCENARIOS,
  ...REACTION_SCENARIOS,
  ...APP_SCENARIOS,
  ...FILE_SCENARIOS,
  ...EVENT_SCENARIOS,
  ...TEXT_SCENARIOS,
];

/** The scenarios that a database of this generation has the tables and columns for. */
export function scenariosFor(database: MessagesDatabase): Scenario[] {
  return ALL.filter((scenario) =>
    (scenario.needs ?? []).every((need) => {
      const [table = '', column] = need.split('.');
      return database.has(table, column);
    }),
  );
}
