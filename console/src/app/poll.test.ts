// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { following, Poll, type Watched } from './poll.svelte';

let hidden = false;
let listeners: Array<() => void> = [];
const tab: Watched = {
  hidden: () => hidden,
  listen: (changed) => {
    listeners.push(changed);
    return () => (listeners = listeners.filter((one) => one !== changed));
  },
};
const look = (away: boolean): void => {
  hidden = away;
  for (const changed of listeners) changed();
};

beforeEach(() => {
  vi.useFakeTimers();
  hidden = false;
  listeners = [];
});
afterEach(() => vi.useRealTimers());

test('it reads at once and then again and again, never two at a time', async () => {
  let running = 0;
  let most = 0;
  const read = vi.fn(async () => {
    most = Math.max(most, ++running);
    await new Promise((done) => setTimeout(done, 500));
    running -= 1;
    return true;
  });
  const poll = new Poll(read, 1000, tab);
  void poll.start();
  look(false);
  await vi.advanceTimersByTimeAsync(4500);
  expect([read.mock.calls.length, most]).toEqual([4, 1]);
  poll.stop();
});

test('it rests while nobody looks, and reads when somebody is back', async () => {
  const read = vi.fn(async () => true);
  const poll = new Poll(read, 1000, tab);
  await poll.start();
  look(true);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(read).toHaveBeenCalledTimes(1);
  look(false);
  await vi.advanceTimersByTimeAsync(0);
  expect(read).toHaveBeenCalledTimes(2);
  poll.stop();
});

test('a server that is away is asked less often, and told of', async () => {
  let up = false;
  const read = vi.fn(async () => up);
  const poll = new Poll(read, 1000, tab);
  await poll.start();
  expect([poll.failing, poll.succeededAt]).toEqual([true, null]);
  await vi.advanceTimersByTimeAsync(120_000);
  expect(read.mock.calls.length).toBeLessThan(10);
  up = true;
  await vi.advanceTimersByTimeAsync(30_000);
  expect(poll.failing).toBe(false);
  const before = read.mock.calls.length;
  await vi.advanceTimersByTimeAsync(3000);
  expect(read.mock.calls.length).toBeGreaterThanOrEqual(before + 3);
  poll.stop();
});

test('paused or left, it reads no more', async () => {
  const read = vi.fn(async () => true);
  const poll = new Poll(read, 1000, tab);
  await poll.start();
  poll.toggle();
  await vi.advanceTimersByTimeAsync(5000);
  expect(read).toHaveBeenCalledTimes(1);
  poll.toggle();
  await vi.advanceTimersByTimeAsync(1500);
  expect(read).toHaveBeenCalledTimes(3);
  poll.stop();
  look(false);
  await vi.advanceTimersByTimeAsync(5000);
  expect(read).toHaveBeenCalledTimes(3);
  expect(listeners).toEqual([]);
});

test('lists are followed together, and the first tells whether that works', async () => {
  vi.stubGlobal('document', { hidden: false, addEventListener: () => {}, removeEventListener: () => {} });
  const lists = ['ready', 'failed'].map((state) => ({ state, refresh: vi.fn(async () => {}) }));
  const [works, fails] = lists as [(typeof lists)[0], (typeof lists)[0]];
  const good = following(works, fails);
  const bad = following(fails, works);
  await Promise.all([good.start(), bad.start()]);
  expect([good.failing, bad.failing]).toEqual([false, true]);
  expect(works.refresh).toHaveBeenCalledTimes(2);
  good.stop();
  bad.stop();
  vi.unstubAllGlobals();
});
