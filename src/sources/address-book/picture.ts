/** A picture as it is kept, and the media type that its own first bytes name. */
export type Avatar = { bytes: Uint8Array; mimeType: string };

const SIGNATURES: readonly (readonly [mimeType: string, firstBytes: readonly number[]])[] = [
  ['image/jpeg', [0xff, 0xd8, 0xff]],
  ['image/png', [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]],
  ['image/gif', [0x47, 0x49, 0x46, 0x38, 0x37, 0x61]],
  ['image/gif', [0x47, 0x49, 0x46, 0x38, 0x39, 0x61]],
  ['image/tiff', [0x49, 0x49, 0x2a, 0x00]],
  ['image/tiff', [0x4d, 0x4d, 0x00, 0x2a]],
];

/** Brands of a HEIF file whose pictures are coded as HEIC. */
const HEIC_BRANDS = new Set(['heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'hevm', 'hevs']);

/**
 * The picture that these bytes are, or null when they are none that can be shown (raw pixels, for one). One byte before
 * it is passed over: some systems put their own mark there.
 */
export function pictureIn(bytes: Uint8Array): Avatar | null {
  for (const start of [0, 1]) {
    const picture = bytes.subarray(start);
    const mimeType = mimeTypeOf(picture);
    // A copy, because a view would keep what it is cut from.
    if (mimeType !== null) return { bytes: start === 0 ? bytes : picture.slice(), mimeType };
  }
  return null;
}

function mimeTypeOf(bytes: Uint8Array): string | null {
  for (const [mimeType, firstBytes] of SIGNATURES) {
    if (firstBytes.every((byte, at) => bytes[at] === byte)) return mimeType;
  }
  return isHeic(bytes) ? 'image/heic' : null;
}

/** A HEIF file opens with a box that lists its brands: length (4 bytes), "ftyp", the main brand, a version, other brands. */
function isHeic(bytes: Uint8Array): boolean {
  const ascii = (start: number) => String.fromCharCode(...bytes.subarray(start, start + 4));
  if (bytes.length < 16 || ascii(4) !== 'ftyp') return false;
  const boxLength = Math.min(new DataView(bytes.buffer, bytes.byteOffset).getUint32(0), bytes.length, 256);
  if (HEIC_BRANDS.has(ascii(8))) return true;
  for (let at = 16; at + 4 <= boxLength; at += 4) if (HEIC_BRANDS.has(ascii(at))) return true;
  return false;
}
