// SPDX-License-Identifier: Apache-2.0
// Where the reader is. The address bar alone says it: every page and filter is in the URL, and back works by itself.
import { changed } from '$/lib/route';

let path = $state(window.location.pathname);
let query = $state.raw(new URLSearchParams(window.location.search));

/** The present path and query; reading them in a component follows them. */
export const location = {
  get path() {
    return path;
  },
  get query() {
    return query;
  },
};

function read(): void {
  path = window.location.pathname;
  query = new URLSearchParams(window.location.search);
}

/** Goes to a path of this console. `replace` leaves no step for the back button. */
export function navigate(href: string, { replace = false } = {}): void {
  const samePage = new URL(href, window.location.href).pathname === path;
  if (replace) history.replaceState(null, '', href);
  else if (href !== window.location.pathname + window.location.search) history.pushState(null, '', href);
  read();
  if (!samePage) window.scrollTo(0, 0);
}

/**
 * Changes members of the query: null, '' and false take one away, true is `1`. A choice (a tab, a switch) leaves a step
 * for the back button; what is typed letter by letter should `replace`.
 */
export function setQuery(changes: Record<string, string | boolean | null>, { replace = false } = {}): void {
  const next = changed(query, changes).toString();
  navigate(path + (next === '' ? '' : '?' + next), { replace });
}

const leadsElsewhere = (link: HTMLAnchorElement): boolean =>
  link.target !== '' ||
  link.hasAttribute('download') ||
  link.origin !== window.location.origin ||
  link.getAttribute('href')?.startsWith('#') === true ||
  link.pathname.startsWith('/v1/');

/** Takes plain clicks on links of this console for navigation; others are left to the browser. */
function follow(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0) return;
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const link = event.target instanceof Element ? event.target.closest('a') : null;
  if (link === null || !link.hasAttribute('href') || leadsElsewhere(link)) return;
  event.preventDefault();
  navigate(link.pathname + link.search);
}

/** Starts to follow links and the back button; the answer stops it. */
export function listen(): () => void {
  window.addEventListener('popstate', read);
  document.addEventListener('click', follow);
  return () => {
    window.removeEventListener('popstate', read);
    document.removeEventListener('click', follow);
  };
}
