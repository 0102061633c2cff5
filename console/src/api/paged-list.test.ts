// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { PagedList, type FetchPage } from './paged-list.svelte';
import { Problem } from './problem';

const numbers =
  (total: number): FetchPage<number> =>
  async (after, limit) => {
    const from = Number(after ?? 0);
    const items = Array.from({ length: Math.min(limit, total - from) }, (_, i) => from + i);
    return { items, next: from + items.length < total ? String(from + items.length) : null };
  };

describe('PagedList', () => {
  test('reads page by page to the end', async () => {
    const list = new PagedList(numbers(5), 2);
    expect(list.state).toBe('loading');
    await list.load();
    expect([list.items, list.hasMore, list.state]).toEqual([[0, 1], true, 'ready']);
    await list.more();
    await list.more();
    expect([list.items, list.hasMore]).toEqual([[0, 1, 2, 3, 4], false]);
    await list.more();
    expect(list.items).toHaveLength(5);
  });

  test('a later reading wins over an earlier one that comes back late', async () => {
    const waiting: Array<(items: string[]) => void> = [];
    const list = new PagedList<string>(
      () =>
        new Promise((resolve) => {
          waiting.push((items) => resolve({ items, next: null }));
        }),
    );
    const first = list.load();
    const second = list.load();
    waiting[1]?.(['new']);
    waiting[0]?.(['old']);
    await Promise.all([first, second]);
    expect(list.items).toEqual(['new']);
  });

  test('a refresh keeps as many as are shown', async () => {
    const list = new PagedList(numbers(500), 100);
    await list.load();
    await list.more();
    await list.refresh();
    expect([list.items.length, list.hasMore]).toEqual([200, true]);
  });

  test('a refresh keeps more than the server answers at once', async () => {
    const asked: number[] = [];
    const list = new PagedList<number>((after, limit, signal) => {
      asked.push(limit);
      return numbers(5000)(after, limit, signal);
    }, 600);
    await list.load();
    for (let i = 0; i < 3; i += 1) await list.more();
    await list.refresh();
    expect([list.items.length, list.items.at(-1), list.hasMore]).toEqual([2400, 2399, true]);
    expect(asked.slice(4)).toEqual([1000, 1000, 400]);
  });

  test('a refusal is kept, and what was shown stays', async () => {
    let works = true;
    const list = new PagedList<number>(async () => {
      if (!works) throw new Problem('forbidden', 403, 'No', 'Not yours.');
      return { items: [1], next: null };
    });
    await list.load();
    works = false;
    await list.refresh();
    expect([list.items, list.state, list.problem?.name]).toEqual([[1], 'failed', 'forbidden']);
    works = true;
    await list.refresh();
    expect([list.state, list.problem]).toEqual(['ready', null]);
  });
});
