// SPDX-License-Identifier: Apache-2.0
import { beforeEach, expect, test, vi } from 'vitest';
import { Problem } from './problem';
import type { DryRun } from './schema';
import { Trial } from './trial.svelte';

const ok: DryRun = { result: 'ok', detail: null, rows: [], over: [], denied: [], denied_total: 0 };

beforeEach(() => {
  vi.useFakeTimers();
});

test('asks once, when the typing has stopped', async () => {
  const trial = new Trial();
  const question = vi.fn(async () => ok);
  trial.ask(question);
  await vi.advanceTimersByTimeAsync(100);
  trial.ask(question);
  expect(trial.running).toBe(true);
  await vi.runAllTimersAsync();
  expect(question).toHaveBeenCalledOnce();
  expect([trial.running, trial.answer?.result]).toEqual([false, 'ok']);
});

test('an answer to an earlier question is dropped', async () => {
  const trial = new Trial();
  let late: (answer: DryRun) => void = () => {};
  trial.ask(() => new Promise((resolve) => (late = resolve)));
  await vi.runAllTimersAsync();
  trial.ask(async () => ({ ...ok, denied_total: 7 }));
  await vi.runAllTimersAsync();
  late(ok);
  await vi.runAllTimersAsync();
  expect(trial.answer?.denied_total).toBe(7);
});

test('a new question takes the old answer away at once', async () => {
  const trial = new Trial();
  trial.ask(async () => ok);
  await vi.runAllTimersAsync();
  trial.ask(async () => ok);
  expect(trial.answer).toBeNull();
});

test('a refusal is told', async () => {
  const trial = new Trial();
  trial.ask(async () => {
    throw new Problem('forbidden', 403, 'No', 'Not yours.');
  });
  await vi.runAllTimersAsync();
  expect([trial.problem?.name, trial.running, trial.answer]).toEqual(['forbidden', false, null]);
  trial.clear();
  expect(trial.problem).toBeNull();
});
