import { useCallback, useState } from 'react';

export type Theme = 'system' | 'light' | 'dark';
const NEXT: Record<Theme, Theme> = { system: 'light', light: 'dark', dark: 'system' };

function chosen(): Theme {
  const { theme } = document.documentElement.dataset;
  return theme === 'light' || theme === 'dark' ? theme : 'system';
}

/** The theme, and what turns to the next: the system's, light, dark. public/theme.js sets it before the first paint. */
export function useTheme(): [Theme, () => void] {
  const [theme, setTheme] = useState(chosen);
  const turn = useCallback(() => {
    setTheme((current) => {
      const next = NEXT[current];
      if (next === 'system') delete document.documentElement.dataset.theme;
      else document.documentElement.dataset.theme = next;
      remember(next);
      return next;
    });
  }, []);
  return [theme, turn];
}

function remember(theme: Theme): void {
  try {
    if (theme === 'system') localStorage.removeItem('theme');
    else localStorage.setItem('theme', theme);
  } catch {
    // A browser that keeps nothing asks again next time.
  }
}
