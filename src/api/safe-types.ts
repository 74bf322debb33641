/** Media types that a browser shows without running anything in them. SVG, HTML, XML and PDF are not among them. */
const SHOWN: ReadonlySet<string> = new Set([
  'image/jpeg',
  'image/png',
  'image/gif',
  'image/webp',
  'image/avif',
  'image/heic',
  'image/heif',
  'image/bmp',
  'image/tiff',
  'video/mp4',
  'video/quicktime',
  'video/webm',
  'video/3gpp',
  'audio/mpeg',
  'audio/mp4',
  'audio/aac',
  'audio/amr',
  'audio/wav',
  'audio/x-wav',
  'audio/x-m4a',
  'audio/x-caf',
  'audio/webm',
  'audio/ogg',
]);

export function isShownByBrowsers(mimeType: string): boolean {
  return SHOWN.has(mimeType.toLowerCase());
}
