// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { counted, figure, givenOn, shares, toldBar, usedPercent } from './figures';

const row = (dedicated: number, given: number, assigned: number) => {
  const pool = Math.max(0, dedicated - given);
  const over = given + assigned - dedicated;
  const figures = { dedicated, pool, assigned, available: Math.max(0, pool - assigned) };
  return over > 0 ? { ...figures, over_committed: over } : figures;
};

test('figures are grouped, and short where they are long', () => {
  expect([0, 1234, 9_999_999, 1_200_000_000].map(figure)).toEqual(['0', '1,234', '9,999,999', '1.2B']);
});

test('counted', () => {
  expect([counted(1, 'license'), counted(1200, 'license'), counted(0, 'copy', 'copies')]).toEqual([
    '1 license',
    '1,200 licenses',
    '0 copies',
  ]);
});

test('what was given on is told of over-committed levels, too', () => {
  expect(givenOn(row(200, 36, 0))).toBe(36);
  expect(givenOn(row(10, 15, 2))).toBe(15);
  expect(givenOn(row(10, 4, 8))).toBe(4);
});

describe('shares', () => {
  test('are of the whole', () => {
    expect(shares(row(200, 36, 64))).toEqual({ given: 18, assigned: 32, free: 50, limit: 100 });
  });
  test('of nothing are nothing', () => {
    expect(shares(row(0, 0, 0))).toEqual({ given: 0, assigned: 0, free: 0, limit: 100 });
  });
  test('go beyond the limit when over-committed', () => {
    expect(shares(row(10, 15, 5))).toEqual({ given: 75, assigned: 25, free: 0, limit: 50 });
    expect(shares(row(0, 0, 3))).toEqual({ given: 0, assigned: 100, free: 0, limit: 0 });
  });
});

test.each([
  [row(200, 0, 0), 0],
  [row(10_000, 0, 1), 1],
  [row(1000, 0, 999), 99],
  [row(20, 5, 5), 50],
  [row(10, 15, 5), 200],
  [row(0, 0, 2), 100],
])('%j is used to %d per cent', (figures, percent) => expect(usedPercent(figures)).toBe(percent));

test('the bar is told in words', () => {
  expect(toldBar(row(20, 0, 3))).toBe('3 assigned, 17 available, of 20');
  expect(toldBar(row(200, 36, 1))).toBe('36 dedicated below, 1 assigned, 163 available, of 200');
});
