import { useEffect, useState } from 'react';

type Colours = { accent: string; soft: string; faint: string; line: string; font: string };

/** The colours of the theme as a canvas wants them: found, not named, and found again when the theme turns. */
export function useColours(): Colours {
  const [colours, setColours] = useState(read);
  useEffect(() => {
    const again = () => setColours(read());
    const dark = matchMedia('(prefers-color-scheme: dark)');
    dark.addEventListener('change', again);
    const chosen = new MutationObserver(again);
    chosen.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });
    return () => {
      dark.removeEventListener('change', again);
      chosen.disconnect();
    };
  }, []);
  return colours;
}

/** A custom property that is a light-dark() pair is resolved only where it colours something. */
function read(): Colours {
  const probe = document.createElement('span');
  probe.hidden = true;
  document.body.append(probe);
  const colour = (name: string) => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const found = { accent: colour('accent'), soft: colour('bar'), faint: colour('ink-faint'), line: colour('line') };
  probe.remove();
  return { ...found, font: `12px ${getComputedStyle(document.body).fontFamily}` };
}
