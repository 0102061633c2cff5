// SPDX-License-Identifier: Apache-2.0
// The filters of the sessions in the URL. Without a state, it is the active ones that are meant.
import type { SessionState } from '$/api/schema';
import { filtersOf, oneOf } from '$/lib/filters';

export const FILTERS = ['state', 'product', 'level', 'user'] as const;
export const STATES = ['active', 'released', 'expired', 'revoked', 'all'] as const;

export interface SessionFilter {
  state: SessionState | 'all';
  product?: string;
  level?: string;
  user?: string;
}

export const filtersIn = (query: URLSearchParams): SessionFilter => ({
  ...filtersOf(query, ['product', 'level', 'user']),
  state: oneOf(query.get('state'), STATES) ?? 'active',
});

/** What the list of sessions is asked for. */
export function sessionQuery({
  state,
  ...rest
}: SessionFilter): Omit<SessionFilter, 'state'> & { state?: SessionState } {
  return state === 'all' ? rest : { ...rest, state };
}
