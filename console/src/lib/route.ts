// SPDX-License-Identifier: Apache-2.0
// Paths of pages: patterns such as `/accounts/:account/users/:user`.

export type Params = Record<string, string>;

const segments = (path: string): string[] => path.split('/').filter((part) => part !== '');

function decoded(segment: string): string | null {
  try {
    return decodeURIComponent(segment);
  } catch {
    return null;
  }
}

/** The values of the pattern's parameters in a path, decoded; null where the path is not of that pattern. */
export function match(pattern: string, path: string): Params | null {
  const wanted = segments(pattern);
  const given = segments(path);
  if (wanted.length !== given.length) return null;
  const params: Params = {};
  for (const [i, want] of wanted.entries()) {
    const value = decoded(given[i] as string);
    if (value === null) return null;
    if (want.startsWith(':')) params[want.slice(1)] = value;
    else if (want !== value) return null;
  }
  return params;
}

/** The path of a pattern with its parameters filled in; null where one of them is not there. */
export function fill(pattern: string, params: Partial<Params>): string | null {
  const parts: string[] = [];
  for (const part of segments(pattern)) {
    const value = part.startsWith(':') ? params[part.slice(1)] : part;
    if (value === undefined || value === '') return null;
    parts.push(encodeURIComponent(value));
  }
  return '/' + parts.join('/');
}

/** A query with some members set, and those that are null, empty or false taken away; the order of the rest stays. */
export function changed(query: URLSearchParams, changes: Record<string, string | boolean | null>): URLSearchParams {
  const next = new URLSearchParams(query);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === '' || value === false) next.delete(name);
    else next.set(name, value === true ? '1' : value);
  }
  return next;
}

/** A path of this console to go to after sign-in; anything that would lead elsewhere is null. */
export function safeNext(next: string | null): string | null {
  if (next === null || !next.startsWith('/') || /^\/[/\\]/.test(next) || next.startsWith('/sign-in')) return null;
  return /[\u0000-\u001f]/.test(next) ? null : next;
}
