import { z } from 'zod';
import { openAttachment, openInBackups, rootsOf } from '../attachment-files.ts';
import { type Api, type Context, notFound } from '../context.ts';
import { isShownByBrowsers } from '../safe-types.ts';

const params = z.object({ guid: z.string().min(1).max(300) });

type Row = { name: string | null; mimeType: string | null; path: string | null };

/** The bytes of attachments, from the folders of Messages and from nowhere else. */
export function attachmentRoutes(api: Api, context: Context): void {
  api.get(
    '/attachments/:guid',
    {
      config: { compress: false },
      schema: {
        summary: 'The bytes of an attachment; what a browser could run is only ever downloaded',
        tags: ['messages'],
        params,
        produces: ['application/octet-stream'],
      },
    },
    async (request, reply) => {
      const { row, sources } = context.reader.read((db) => ({
        row: db.get<Row>(
          'SELECT name, mime_type AS mimeType, path FROM attachments WHERE guid = ?',
          request.params.guid,
        ),
        sources: db.all<{ path: string }>('SELECT path FROM sources ORDER BY id').map(({ path }) => path),
      }));
      if (row === undefined || row.path === null) throw notFound('attachment');
      const file =
        (await openAttachment(row.path, { roots: rootsOf(sources, context.home), home: context.home })) ??
        (await openInBackups(row.path, sources, context.lent));
      if (file === null) throw notFound('attachment');
      const range = rangeOf(request.headers.range, file.bytes);
      const isShown = row.mimeType !== null && isShownByBrowsers(row.mimeType);
      reply
        .header('Content-Type', isShown ? row.mimeType : 'application/octet-stream')
        .header('Content-Disposition', disposition(isShown ? 'inline' : 'attachment', row.name))
        .header('Content-Security-Policy', "default-src 'none'; sandbox")
        .header('Cache-Control', 'private, max-age=3600')
        .header('Accept-Ranges', 'bytes');
      if (range === 'unsatisfiable') {
        await file.close();
        return reply.code(416).header('Content-Range', `bytes */${file.bytes}`).send();
      }
      const { start, end } = range ?? { start: 0, end: file.bytes - 1 };
      if (range !== null) reply.code(206).header('Content-Range', `bytes ${start}-${end}/${file.bytes}`);
      reply.header('Content-Length', String(end - start + 1));
      if (file.bytes === 0 || request.method === 'HEAD') {
        await file.close();
        return reply.send('');
      }
      return reply.send(file.read({ start, end }));
    },
  );
}

/** One range of bytes, as players ask for it (RFC 9110); several, and what is not understood, mean all of them. */
function rangeOf(header: string | undefined, bytes: number): { start: number; end: number } | 'unsatisfiable' | null {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '');
  if (match === null || (match[1] === '' && match[2] === '')) return null;
  const [, from = '', to = ''] = match;
  const start = from === '' ? Math.max(0, bytes - Number(to)) : Number(from);
  const end = from === '' || to === '' ? bytes - 1 : Math.min(Number(to), bytes - 1);
  return start > end || start >= bytes ? 'unsatisfiable' : { start, end };
}

/** RFC 6266: the name in UTF-8, percent-encoded, so that nothing in it can end the header. */
function disposition(kind: 'inline' | 'attachment', name: string | null): string {
  if (name === null) return kind;
  const encoded = encodeURIComponent(name.toWellFormed()).replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16)}`);
  return `${kind}; filename*=UTF-8''${encoded}`;
}
