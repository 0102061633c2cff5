// SPDX-License-Identifier: Apache-2.0
// Light or dark: the system's choice, until the reader makes one, which this browser then remembers.

export type Theme = 'light' | 'dark';
const KEY = 'usher-theme';
const dark = window.matchMedia('(prefers-color-scheme: dark)');

function remembered(): Theme | null {
  try {
    const value = localStorage.getItem(KEY);
    return value === 'light' || value === 'dark' ? value : null;
  } catch {
    return null; // storage can be forbidden; then the system decides
  }
}

let chosen = $state<Theme | null>(remembered());
let system = $state<Theme>(dark.matches ? 'dark' : 'light');

export const theme = {
  get now(): Theme {
    return chosen ?? system;
  },
};

function apply(): void {
  document.documentElement.setAttribute('theme', theme.now === 'dark' ? 'g100' : 'g10');
  document.documentElement.style.colorScheme = theme.now;
}

/** Changes from light to dark or back; what the system would choose anyway is not remembered. */
export function toggleTheme(): void {
  const next: Theme = theme.now === 'dark' ? 'light' : 'dark';
  chosen = next === system ? null : next;
  try {
    if (chosen === null) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, chosen);
  } catch {
    // not remembered, then
  }
  apply();
}

/** Dresses the page, and follows the system when it changes. */
export function startTheme(): void {
  dark.addEventListener('change', (event) => {
    system = event.matches ? 'dark' : 'light';
    apply();
  });
  apply();
}
