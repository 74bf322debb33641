/** XML property lists, as launchd reads them (man 5 plist). */
export type PlistValue = string | number | boolean | readonly PlistValue[] | { readonly [key: string]: PlistValue };

const HEAD = `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
`;

/** Strings must not hold control characters: XML has no way to write them. */
export function plistText(value: PlistValue): string {
  return `${HEAD}${element(value, '')}\n</plist>\n`;
}

function element(value: PlistValue, indent: string): string {
  if (typeof value === 'string') return `${indent}<string>${escaped(value)}</string>`;
  if (typeof value === 'number') return `${indent}<integer>${Math.trunc(value)}</integer>`;
  if (typeof value === 'boolean') return `${indent}<${value}/>`;
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    const items = (value as readonly PlistValue[]).map((item) => element(item, inner));
    return [`${indent}<array>`, ...items, `${indent}</array>`].join('\n');
  }
  const entries = Object.entries(value).flatMap(([key, item]) => [
    `${inner}<key>${escaped(key)}</key>`,
    element(item, inner),
  ]);
  return [`${indent}<dict>`, ...entries, `${indent}</dict>`].join('\n');
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' };

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}

function unescaped(text: string): string {
  return text.replace(
    /&(?:amp|lt|gt|quot|apos);/g,
    (entity) => Object.entries(ENTITIES).find(([, known]) => known === entity)?.[0] ?? entity,
  );
}

/** The strings of the array under `key`, in a list that `plistText` wrote; null when there is none. */
export function stringsIn(text: string, key: string): string[] | null {
  const array = new RegExp(`<key>${key}</key>\\s*<array>(.*?)</array>`, 's').exec(text)?.[1];
  if (array === undefined) return null;
  return [...array.matchAll(/<string>([^<]*)<\/string>/g)].map(([, content = '']) => unescaped(content));
}
