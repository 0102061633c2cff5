// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import type { Tried } from '$/api/schema';
import { denialSentence, reasonCounts, retrySentence, triedSentence } from './reasons';

const tried = (reason: Tried['reason'], figures: Partial<Tried> = {}): Tried => ({
  level: 'OG-1001',
  rule: 'own',
  reason,
  ...figures,
});
const full = { dedicated: 20, pool: 15, assigned: 15, available: 0 };

describe('what happened at a level', () => {
  test.each([
    [tried('exhausted', full), null, 'All 15 licenses of its pool are in use.'],
    [tried('exhausted', { ...full, pool: 1 }), 1, 'The one license of its pool is in use.'],
    [tried('exhausted', { ...full, pool: 0 }), null, 'All 20 that it has are dedicated to others.'],
    [tried('exhausted', { ...full, dedicated: 0, pool: 0 }), null, 'Has no licenses of its own.'],
    [tried('exhausted', { ...full, available: 3 }), 9, 'Only 3 of 15 free, 9 asked for.'],
    [tried('exhausted', { ...full, available: 3 }), null, 'Only 3 of 15 free, fewer than asked for.'],
    [tried('exhausted', { ...full, available: 3 }), 2, '3 of 15 free, but kept for those who wait in line.'],
    [tried('exhausted'), 2, 'Nothing free here.'],
    [tried(null, { ...full, available: 4 }), 1, '4 of 15 free.'],
    [tried(null), 1, 'It has enough free.'],
  ])('%j for %s', (one, count, words) => expect(triedSentence(one, count)).toBe(words));

  test('every reason has its words', () => {
    for (const reason of ['fallback_off', 'cooldown', 'draining', 'over_committed', 'borrow_limit'] as const)
      expect(triedSentence(tried(reason), 1)).toMatch(/^[A-Z].{20,}\.$/);
  });
});

test('when the next lease ends is told where it helps', () => {
  expect(retrySentence(tried('exhausted', { retry_after_s: 95 }))).toContain('after 1 min 35 s');
  expect(retrySentence(tried('exhausted', { retry_after_s: null }))).toBeNull();
  expect(retrySentence(tried('exhausted'))).toBeNull();
  expect(retrySentence(tried('fallback_off', { retry_after_s: 5 }))).toBeNull();
  expect(retrySentence(tried(null, { retry_after_s: 5 }))).toBeNull();
});

describe('a denial in one sentence', () => {
  const names = { user: 'Noor', organization: 'Effects', project: null };
  const denial = { error: 'no-license-available', product: 'KRE', reasons: { exhausted: 2, fallback_off: 1 } };
  test.each([
    [denial, 'None of the 3 pools that were tried grants it.'],
    [{ ...denial, reasons: { exhausted: 1 } }, 'The only pool that is open to Noor grants nothing.'],
    [{ ...denial, reasons: {} }, 'No pool is open to Noor for KRE.'],
    [{ ...denial, error: 'not-eligible' }, 'The usage policy does not let Noor use the pool of Effects.'],
    [{ ...denial, error: 'not-a-member' }, 'Noor is not a member of the project that the request named.'],
  ])('%j', (one, words) => expect(denialSentence(one, names)).toBe(words));
});

test('reasons are counted over what was tried', () => {
  expect(reasonCounts([tried('exhausted'), tried('exhausted'), tried('cooldown'), tried(null)])).toEqual({
    exhausted: 2,
    cooldown: 1,
  });
});
