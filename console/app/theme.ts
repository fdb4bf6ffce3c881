import { createStore } from '../ui/store.ts';

export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

const REMEMBERED = 'whatsper.theme';

function rememberedTheme(): Theme {
  const stored = localStorage.getItem(REMEMBERED);
  return THEMES.find((theme) => theme === stored) ?? 'system';
}

/** The chosen appearance; `system` follows the device. */
export const theme = createStore<Theme>(rememberedTheme());

/** The style sheet reads `data-theme`; without it the device decides. */
function showTheme(): void {
  if (theme.get() === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme.get();
}

/** Shows the remembered appearance and keeps to later choices. */
export function setUpTheme(): void {
  showTheme();
  theme.subscribe(() => {
    localStorage.setItem(REMEMBERED, theme.get());
    showTheme();
  });
}
