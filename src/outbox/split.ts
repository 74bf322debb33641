import type { EventType, NewEvent } from '../model/index.ts';
import { EVENT_GUIDS_LIMIT } from './limits.ts';

type EventPart = { type: EventType; chatId: number | null; data: Readonly<Record<string, unknown>> };

/**
 * The events to store for one that is told: itself, or several where it names more guids than one may. They are of
 * one type and in the order of the guids. Where no guid is named nothing has happened, and there is none.
 */
export function* splitEvent(event: NewEvent): Generator<EventPart> {
  const { type, chatId, data } = event;
  switch (type) {
    case 'messages_synced': {
      const historical = new Set(data.historicalGuids);
      for (const guids of slices(data.guids)) {
        yield { type, chatId, data: { guids, historical: guids.filter((guid) => historical.has(guid)).length } };
      }
      return;
    }
    case 'message_updated':
    case 'message_deleted':
    case 'attachment_updated':
      for (const guids of slices(data.guids)) yield { type, chatId, data: { ...data, guids } };
      return;
    default:
      yield event;
  }
}

function* slices(guids: readonly string[]): Generator<readonly string[]> {
  for (let start = 0; start < guids.length; start += EVENT_GUIDS_LIMIT) {
    yield guids.slice(start, start + EVENT_GUIDS_LIMIT);
  }
}
