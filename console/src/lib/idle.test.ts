// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { IDLE_CHOICES, idleSeconds } from './idle';

it('idle days become seconds, nonsense in the URL is no filter', () => {
  expect(idleSeconds('30')).toBe(2_592_000);
  for (const nonsense of [undefined, '', '0', '-1', '1.5', 'week', '1000'])
    expect(idleSeconds(nonsense)).toBeUndefined();
});

it('each choice but the first is a filter', () => {
  expect(IDLE_CHOICES.map(({ days }) => idleSeconds(days) !== undefined)).toEqual([false, true, true, true]);
});
