// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import type { FetchPage } from '$/api/paged-list.svelte';
import type { Event } from '$/api/schema';
import { csvOf, eventLine, HEADING } from './export';
import { filtersIn, justAfter } from './filters';

const event = (seq: number): Event =>
  ({
    seq,
    at: '2026-11-24T10:00:00.123Z',
    kind: 'dedication.changed',
    subject: 'OG-1001/KRE',
    actor: { key: null, user: 'US-1', role: 'account_admin' },
    before: { dedicated: 1 },
    after: { dedicated: 3 },
    reason: '=cmd()',
    hash: 'ab12',
  }) as unknown as Event;

const pages =
  (total: number): FetchPage<Event> =>
  async (after, limit) => {
    const from = Number(after ?? 0);
    const items = Array.from({ length: Math.min(limit, total - from) }, (_, i) => event(from + i + 1));
    return { items, next: from + items.length < total ? String(from + items.length) : null };
  };

test('an event is one line, with a cell for each heading', () => {
  expect(eventLine(event(7))).toBe(
    `7,2026-11-24T10:00:00.123Z,dedication.changed,OG-1001/KRE,account_admin,US-1,,'=cmd(),dedicated: 1 -> 3,` +
      `"{""dedicated"":1}","{""dedicated"":3}",ab12\r\n`,
  );
  expect(HEADING.split(',')).toHaveLength(12);
});

test('all pages are read, and the progress is told', async () => {
  const told: number[] = [];
  const parts = await csvOf(pages(2500), (count) => told.push(count), new AbortController().signal);
  expect(told).toEqual([1000, 2000, 2500]);
  const lines = parts.join('').trimEnd().split('\r\n');
  expect(lines).toHaveLength(2501);
  expect(lines.at(-1)).toMatch(/^2500,/);
  expect(parts[0]?.codePointAt(0)).toBe(0xfeff);
});

test('it can be stopped between two pages', async () => {
  const stop = new AbortController();
  const told: number[] = [];
  const stopped = csvOf(
    pages(9000),
    (count) => {
      told.push(count);
      if (count === 2000) stop.abort();
    },
    stop.signal,
  );
  await expect(stopped).rejects.toMatchObject({ name: 'AbortError' });
  expect(told).toEqual([1000, 2000]);
});

test('filters are those of the URL; one event is found by its moment', () => {
  expect(filtersIn(new URLSearchParams('kind=session&event=7&at=x'))).toEqual({ kind: 'session' });
  expect(justAfter('2026-11-24T23:59:59.999Z')).toBe('2026-11-25T00:00:00.000Z');
});
