/** The initials of somebody on a ground of their own hue. It repeats a name that stands beside it. */
export function Avatar({ name, seed, size = 36 }: { name: string; seed: number; size?: number }) {
  return (
    <span
      className="avatar hued"
      aria-hidden="true"
      style={{ '--hue': hueOf(seed), width: size, height: size, fontSize: size * 0.38 } as React.CSSProperties}
    >
      {initials(name)}
    </span>
  );
}

/** Neighbouring ids get hues far apart: the golden angle. */
export function hueOf(seed: number): number {
  return Math.round((seed * 137.508 + 40) % 360);
}

export function hueStyle(seed: number): React.CSSProperties {
  return { '--hue': hueOf(seed) } as React.CSSProperties;
}

function initials(name: string): string {
  const words = name.split(/[\s,]+/).filter((word) => /^[\p{L}\p{N}]/u.test(word) && !/^\d{3,}/.test(word));
  const first = [...(words[0] ?? '')][0];
  if (first === undefined) return '#';
  const last = words.length > 1 ? ([...(words.at(-1) ?? '')][0] ?? '') : '';
  return (first + last).toLocaleUpperCase();
}
