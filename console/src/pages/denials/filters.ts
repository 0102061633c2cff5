// SPDX-License-Identifier: Apache-2.0
// The filters of the denials in the URL, as the server takes them.
import type { Denial } from '$/api/schema';
import { filtersOf, oneOf } from '$/lib/filters';

export const FILTERS = ['kind', 'product', 'user', 'from', 'to'] as const;
export const KINDS = ['no-license-available', 'not-eligible', 'not-a-member'] as const satisfies Denial['error'][];

export type DenialFilter = Partial<Record<(typeof FILTERS)[number], string>>;

/** Those that are set. A kind that there is not counts as not set. */
export function filtersIn(query: URLSearchParams): DenialFilter {
  const { kind, ...rest } = filtersOf(query, FILTERS);
  const known = oneOf(kind, KINDS);
  return known === null ? rest : { kind: known, ...rest };
}
