// SPDX-License-Identifier: Apache-2.0
// The filters of the history in the URL, as the server takes them.
import { filtersOf } from '$/lib/filters';

export const FILTERS = ['kind', 'subject', 'user', 'from', 'to'] as const;

export type HistoryFilter = Partial<Record<(typeof FILTERS)[number], string>>;

export const filtersIn = (query: URLSearchParams): HistoryFilter => filtersOf(query, FILTERS);

/** The moment right after another, in milliseconds as the server counts: what `to` is for `from` to find one event. */
export const justAfter = (moment: string): string => new Date(Date.parse(moment) + 1).toISOString();
