// SPDX-License-Identifier: Apache-2.0
import { beforeEach, expect, test, vi } from 'vitest';

vi.stubGlobal('location', { origin: 'http://usher.test' });
const { forget, learn, named } = await import('./names.svelte');

let asked: URL[] = [];
beforeEach(() => {
  forget();
  asked = [];
  vi.useFakeTimers();
  vi.stubGlobal('fetch', async (request: Request) => {
    const url = new URL(request.url);
    asked.push(url);
    const ids = (url.searchParams.get('ids') ?? '').split(',').filter((id) => id !== 'OG-404');
    const items = ids.map((id) => ({ id, name: `Name of ${id}`, email: `${id}@example.com`, path: `Top/${id}` }));
    return Response.json({ items, next: null });
  });
});

test('names asked for at once are read in one call of each kind', async () => {
  expect(named('AC-1', 'OG-1')).toBeUndefined();
  for (const id of ['OG-2', 'OG-1', 'US-1']) named('AC-1', id);
  await vi.runAllTimersAsync();
  expect(asked.map((url) => [url.pathname.split('/').pop(), url.searchParams.get('ids')])).toEqual([
    ['organizations', 'OG-1,OG-2'],
    ['users', 'US-1'],
  ]);
  expect(named('AC-1', 'OG-2')).toEqual({ name: 'Name of OG-2', detail: 'Top/OG-2' });
  expect(named('AC-1', 'US-1')?.detail).toBe('US-1@example.com');
});

test('no more than a hundred in a call', async () => {
  for (let i = 0; i < 250; i += 1) named('AC-1', `US-${i}`);
  await vi.runAllTimersAsync();
  expect(asked.map((url) => url.searchParams.get('ids')?.split(',').length)).toEqual([100, 100, 50]);
});

test('what is not there is asked for once', async () => {
  named('AC-1', 'OG-404');
  await vi.runAllTimersAsync();
  expect(named('AC-1', 'OG-404')).toBeUndefined();
  await vi.runAllTimersAsync();
  expect(asked).toHaveLength(1);
});

test('other things have no names, and what is known is not asked for', async () => {
  learn('OG-7', { name: 'Learned', detail: null });
  expect(named('AC-1', 'OG-7')?.name).toBe('Learned');
  expect(named('AC-1', 'SN-1')).toBeUndefined();
  expect(named('AC-1', 'KRE')).toBeUndefined();
  await vi.runAllTimersAsync();
  expect(asked).toHaveLength(0);
});

test('a member, who may not read organizations, is spared the refusal', async () => {
  forget('member');
  expect(named('AC-1', 'OG-1')).toBeUndefined();
  named('AC-1', 'US-1');
  await vi.runAllTimersAsync();
  expect(asked.map((url) => url.pathname.split('/').pop())).toEqual(['users']);
});
