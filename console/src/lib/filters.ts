// SPDX-License-Identifier: Apache-2.0
// The filters of a list, as they stand in the URL and are sent to the server.

/** Those of the named filters that are set; an empty one is none. */
export function filtersOf<Name extends string>(
  query: URLSearchParams,
  names: readonly Name[],
): Partial<Record<Name, string>> {
  const filters: Partial<Record<Name, string>> = {};
  for (const name of names) {
    const value = query.get(name)?.trim();
    if (value) filters[name] = value;
  }
  return filters;
}

/** The value, if it is one of those that there are; anything else in a URL counts as not set. */
export const oneOf = <Value extends string>(value: string | null | undefined, values: readonly Value[]): Value | null =>
  values.find((one) => one === value) ?? null;

/** A link to a list with filters set; those that are null or empty are left out. */
export function withFilters(path: string, filters: Record<string, string | null | undefined>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(filters)) if (value) query.set(name, value);
  return query.size > 0 ? `${path}?${query}` : path;
}

/** What takes all the named filters away, for setQuery. */
export const cleared = (names: readonly string[]): Record<string, null> =>
  Object.fromEntries(names.map((name) => [name, null]));
