import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStoreForWriting } from '../../src/store/index.ts';
import { type Served, served } from './served.ts';

let place: Served;
let guid: string;
let root: string;

beforeAll(async () => {
  place = await served({ messages: 500 });
  using db = openStoreForWriting(place.store);
  guid = db.value<string>('SELECT guid FROM attachments LIMIT 1') ?? '';
  root = path.join(path.dirname(place.source), 'Attachments');
  mkdirSync(path.join(root, 'ab', '11', guid), { recursive: true });
  writeFileSync(path.join(root, 'ab', '11', guid, 'photo.png'), 'the bytes of a picture');
  writeFileSync(path.join(place.folder, 'secret.txt'), 'secret');
  symlinkSync(place.folder, path.join(root, 'out'));
  symlinkSync(path.join(place.folder, 'secret.txt'), path.join(root, 'link.png'));
  mkdirSync(path.join(place.folder, 'AttachmentsElsewhere'));
  writeFileSync(path.join(place.folder, 'AttachmentsElsewhere', 'a.png'), 'secret');
});
afterAll(async () => await place[Symbol.asyncDispose]());

/** What the database of Messages says of the attachment. */
function recorded(where: string | null, { mimeType = 'image/png', name = 'photo.png' as string | null } = {}): void {
  using db = openStoreForWriting(place.store);
  db.run('UPDATE attachments SET path = ?, mime_type = ?, name = ? WHERE guid = ?', where, mimeType, name, guid);
}

const fetched = async (headers: Record<string, string> = {}) =>
  await place.get(`/attachments/${encodeURIComponent(guid)}`, headers);

describe('an attachment', () => {
  it.each([
    ['by its whole path', () => path.join(root, 'ab', '11', guid, 'photo.png')],
    ['as Messages records it', () => `~/Library/Messages/Attachments/ab/11/${guid}/photo.png`],
    ['as an iPhone records it', () => `/var/mobile/Library/SMS/Attachments/ab/11/${guid}/photo.png`],
  ])('is found beside its database %s', async (_how, where) => {
    recorded(where());
    const response = await fetched();
    expect([response.status, await response.text()]).toEqual([200, 'the bytes of a picture']);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'image/png',
      'content-disposition': "inline; filename*=UTF-8''photo.png",
      'content-security-policy': "default-src 'none'; sandbox",
      'x-content-type-options': 'nosniff',
      'content-length': '22',
    });
  });

  it.each([
    'text/html',
    'image/svg+xml',
    'application/xhtml+xml',
    'application/pdf',
    'text/javascript',
    'application/xml',
    'IMAGE/SVG+XML',
    'image/png\r\nx: y',
    '',
  ])('of type %j is only ever downloaded, as nothing in particular', async (mimeType) => {
    recorded(`~/Library/Messages/Attachments/ab/11/${guid}/photo.png`, { mimeType, name: 'a"\r\nX-Evil: 1;é.html' });
    const response = await fetched();
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/octet-stream');
    expect(response.headers.get('content-disposition')).toBe(
      "attachment; filename*=UTF-8''a%22%0D%0AX-Evil%3A%201%3B%C3%A9.html",
    );
    expect(response.headers.has('x-evil')).toBe(false);
  });

  it.each([
    ['outside of the known folders', () => path.join(place.folder, 'secret.txt')],
    ['the store itself', () => place.store],
    ['up and out', () => path.join(root, '..', 'secret.txt')],
    ['up and out, as recorded', () => '~/Library/Messages/Attachments/../../../secret.txt'],
    ['up and out of another machine', () => '/var/mobile/Attachments/ab/../../secret.txt'],
    ['through a link to a folder', () => path.join(root, 'out', 'secret.txt')],
    ['through a link to a file', () => path.join(root, 'link.png')],
    ['in a folder whose name begins the same', () => path.join(place.folder, 'AttachmentsElsewhere', 'a.png')],
    ['a folder', () => root],
    ['a device', () => '/dev/zero'],
    ['with a NUL', () => `${root}/ab\0/photo.png`],
    ['that is empty', () => ''],
    ['that is not there', () => path.join(root, 'nothing.png')],
    ['that is unknown', () => null],
  ])('%s is not there', async (_where, where) => {
    recorded(where());
    const response = await fetched();
    const body = await response.text();
    expect(response.status).toBe(404);
    expect(JSON.parse(body)).toMatchObject({ code: 'NOT_FOUND' });
    expect(body).not.toContain('secret');
  });

  it.each(['..%2f..%2fsecret.txt', '%2e%2e', 'nobody', '..%5c..%5csecret.txt'])(
    'by the guid %s is not there',
    async (name) => {
      expect((await place.get(`/attachments/${name}`)).status).toBe(404);
    },
  );

  it('is read in parts, as players do', async () => {
    recorded(`~/Library/Messages/Attachments/ab/11/${guid}/photo.png`);
    const part = async (range: string) => {
      const response = await fetched({ range });
      return [response.status, response.headers.get('content-range'), await response.text()];
    };
    expect(await part('bytes=4-8')).toEqual([206, 'bytes 4-8/22', 'bytes']);
    expect(await part('bytes=-7')).toEqual([206, 'bytes 15-21/22', 'picture']);
    expect(await part('bytes=15-')).toEqual([206, 'bytes 15-21/22', 'picture']);
    expect((await part('bytes=22-'))[0]).toBe(416);
    expect((await part('lines=1-2'))[0]).toBe(200);
  });
});
