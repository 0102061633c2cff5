// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { ago, duration, utc } from './moments';

test('utc tells zone and second', () => {
  expect(utc('2026-11-24T06:34:16.123Z')).toBe('2026-11-24 06:34:16 UTC');
  expect(utc('2026-11-24T06:34:16Z')).toBe('2026-11-24 06:34:16 UTC');
});

describe('ago', () => {
  const now = Date.parse('2026-11-24T12:00:00Z');
  test.each([
    ['2026-11-24T12:00:00.300Z', 'now'],
    ['2026-11-24T11:59:15Z', '45 seconds ago'],
    ['2026-11-24T11:57:00Z', '3 minutes ago'],
    ['2026-11-24T10:00:30Z', '1 hour ago'],
    ['2026-11-23T11:00:00Z', 'yesterday'],
    ['2026-11-24T14:00:00Z', 'in 2 hours'],
    ['2024-11-24T12:00:00Z', '2 years ago'],
  ])('%s is %s', (moment, told) => expect(ago(moment, now)).toBe(told));
});

test.each([
  [0, '0 s'],
  [-5, '0 s'],
  [45, '45 s'],
  [120, '2 min'],
  [125, '2 min 5 s'],
  [7500, '2 h 5 min'],
  [90_000, '1 d 1 h'],
  [86_400, '1 d'],
])('%d seconds last %s', (seconds, told) => expect(duration(seconds)).toBe(told));
