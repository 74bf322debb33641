/** What the API answers. The page shares nothing else with the program. */
export type {
  Chat,
  Contact,
  Conversation,
  Diagnosis,
  Event as EventItem,
  Health,
  MetricsSample,
  Person,
  Problem,
  SearchItem,
  Session,
  Stats,
  Status,
  Timeline,
  TimelineMessage,
  Topic,
} from '../../../src/api/schemas/index.ts';
