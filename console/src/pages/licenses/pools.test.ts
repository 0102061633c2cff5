// SPDX-License-Identifier: Apache-2.0
import { beforeEach, expect, test, vi } from 'vitest';

vi.stubGlobal('location', { origin: 'http://usher.test' });
const { Pools } = await import('./pools.svelte');

const query = { account: 'AC-1', product: 'KRE', top: 'AC-1', all: false, only: null };
let levels: string[] = [];
let assigned = 0;
let asked: string[] = [];

// A server with three levels to a page, whose cursors are the last level of the page.
function serve(url: URL): object {
  const row = (level: string) => ({ level, name: level, parent: 'AC-1', product: 'KRE', assigned });
  const level = url.searchParams.get('level');
  if (level !== null) return { items: [row(level)], next: null };
  asked.push(url.searchParams.get('after') ?? 'first');
  const from = levels.indexOf(url.searchParams.get('after') ?? '') + 1;
  const page = levels.slice(from, from + 3);
  return { items: page.map(row), next: from + 3 < levels.length ? page.at(-1) : null };
}

beforeEach(() => {
  levels = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
  asked = [];
  assigned = 0;
  vi.stubGlobal('fetch', async (request: Request) => Response.json(serve(new URL(request.url))));
});

const told = (pools: InstanceType<typeof Pools>): string => pools.rows.map((row) => row.level).join('');

test('reads page by page, and the top with the first', async () => {
  const pools = new Pools(query);
  await pools.load();
  expect([told(pools), pools.hasMore, pools.top?.level]).toEqual(['abc', true, 'AC-1']);
  await Promise.all([pools.more(), pools.more()]);
  expect(told(pools)).toBe('abcdef');
  await pools.more();
  await pools.more();
  expect([told(pools), pools.hasMore]).toEqual(['abcdefg', false]);
  expect(asked).toEqual(['first', 'c', 'f']);
});

test('a refresh reads the page in view, and no other', async () => {
  const pools = new Pools(query);
  await pools.load();
  await pools.more();
  asked = [];
  assigned = 5;
  await pools.refresh(4);
  expect(asked).toEqual(['c']);
  expect(pools.rows.map((row) => row.assigned)).toEqual([0, 0, 0, 5, 5, 5]);
});

test('pages that do not join any more are read again', async () => {
  const pools = new Pools(query);
  await pools.load();
  await pools.more();
  levels.splice(1, 0, 'x');
  await pools.refresh(0);
  expect([told(pools), pools.hasMore]).toEqual(['axb', true]);
  await pools.more();
  expect(told(pools)).toBe('axbcde');
});

test('after a change all pages are read again', async () => {
  const pools = new Pools(query);
  await pools.load();
  await pools.more();
  assigned = 1;
  asked = [];
  await pools.refresh();
  expect(asked).toEqual(['first', 'c']);
  expect(pools.rows.every((row) => row.assigned === 1)).toBe(true);
});

test('while the server is away, what was read stays', async () => {
  const pools = new Pools(query);
  await pools.load();
  const works = fetch;
  vi.stubGlobal('fetch', async () => {
    throw new TypeError('Failed to fetch');
  });
  await pools.refresh(0);
  expect([pools.state, pools.problem?.name, told(pools)]).toEqual(['failed', 'unreachable', 'abc']);
  vi.stubGlobal('fetch', works);
  await pools.refresh(0);
  expect([pools.state, pools.problem]).toEqual(['ready', null]);
});
