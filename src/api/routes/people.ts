import { readAvatar } from '../../sources/address-book/index.ts';
import { avatarPlaces, contactConflicts, contactMerges, keptPicture } from '../../store/index.ts';
import { type Api, answerAt, type Context, notFound } from '../context.ts';
import { isShownByBrowsers } from '../safe-types.ts';
import * as schemas from '../schemas/index.ts';
import { ok } from './chats.ts';

/** Who is who, beside the list of contacts: pictures, merges, conflicts, and what the user decides. */
export function peopleRoutes(api: Api, context: Context): void {
  const { engine, reader } = context;

  api.get(
    '/contacts/:id/avatar',
    {
      config: { compress: false },
      schema: {
        summary: 'The picture of a contact, as it is in the address book',
        tags: ['contacts'],
        params: schemas.idParams,
        produces: ['image/jpeg', 'image/png', 'application/octet-stream'],
      },
    },
    (request, reply) => {
      const places = reader.read((db) => avatarPlaces(db, request.params.id));
      for (const place of places) {
        const found = readAvatar(place, place.uid) ?? reader.read((db) => keptPicture(db, place.card));
        if (found === null) continue;
        const type = isShownByBrowsers(found.mimeType) ? found.mimeType : 'application/octet-stream';
        reply.header('Content-Type', type).header('Cache-Control', 'private, max-age=3600');
        reply.header('Content-Security-Policy', "default-src 'none'; sandbox");
        return reply.send(Buffer.from(found.bytes));
      }
      throw notFound('picture');
    },
  );

  api.get(
    '/contacts/merges',
    {
      schema: {
        summary: 'Every merge of two contacts: why, what was moved, whether it was undone',
        tags: ['contacts'],
        response: ok(schemas.contactMerges),
      },
    },
    (request, reply) => answerAt(context, request, reply, (db) => ({ items: contactMerges(db) })),
  );

  api.get(
    '/contacts/conflicts',
    {
      schema: {
        summary: 'Addresses on the cards of several people whose names disagree',
        tags: ['contacts'],
        response: ok(schemas.contactConflicts),
      },
    },
    (request, reply) => answerAt(context, request, reply, (db) => ({ items: contactConflicts(db) })),
  );

  api.post(
    '/contacts/sync',
    {
      schema: {
        summary: 'Look at the address books now',
        tags: ['contacts', 'actions'],
        response: ok(schemas.contactsSynced),
      },
    },
    async () => await engine.call('contactsSync', { addressBook: context.addressBook }),
  );

  api.post(
    '/contacts/merge',
    {
      schema: {
        summary: 'Two contacts, each by its id or one of its addresses, are one person; the first gives the name',
        tags: ['contacts', 'actions'],
        body: schemas.contactsMergeBody,
        response: ok(schemas.contactsMerged),
      },
    },
    async (request) => await engine.call('contactsMerge', request.body),
  );

  api.post(
    '/contacts/merges/:id/undo',
    {
      schema: {
        summary: 'Take a merge back, whoever made it',
        tags: ['contacts', 'actions'],
        params: schemas.idParams,
        response: ok(schemas.contactsMerged),
      },
    },
    async (request) => await engine.call('contactsUndo', { merge: request.params.id }),
  );
}
