// SPDX-License-Identifier: Apache-2.0
// The history as a table for spreadsheets.
import type { FetchPage } from '$/api/paged-list.svelte';
import type { Event } from '$/api/schema';
import { changesInLine, mainChanges } from '$/lib/changes';
import { BYTE_ORDER_MARK, csvLine } from '$/lib/csv';

const AT_ONCE = 1000;

export const HEADING = csvLine([
  'seq',
  'at',
  'kind',
  'subject',
  'actor_role',
  'actor_user',
  'actor_key',
  'reason',
  'changes',
  'before',
  'after',
  'hash',
]);

const json = (row: Event['before']): string | null => (row === null ? null : JSON.stringify(row));

export const eventLine = (event: Event): string =>
  csvLine([
    event.seq,
    event.at,
    event.kind,
    event.subject,
    event.actor.role,
    event.actor.user,
    event.actor.key,
    event.reason,
    changesInLine(mainChanges(event.before, event.after)),
    json(event.before),
    json(event.after),
    event.hash,
  ]);

/**
 * Reads all events page by page and answers the file's parts; `told` hears how many there are so far. Throws what
 * `fetchPage` throws, and an AbortError when it was stopped.
 */
export async function csvOf(
  fetchPage: FetchPage<Event>,
  told: (count: number) => void,
  signal: AbortSignal,
): Promise<string[]> {
  const parts = [BYTE_ORDER_MARK + HEADING];
  let count = 0;
  let after: string | undefined;
  do {
    signal.throwIfAborted();
    const page = await fetchPage(after, AT_ONCE, signal);
    signal.throwIfAborted();
    parts.push(page.items.map(eventLine).join(''));
    told((count += page.items.length));
    after = page.next ?? undefined;
  } while (after !== undefined);
  return parts;
}
