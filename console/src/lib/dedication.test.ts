// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import type { PoolRow } from '$/api/schema';
import { effects, inUse, mostAtOnce, toldChildren, typedCount } from './dedication';

const row = (level: string, dedicated: number, pool: number, assigned: number): PoolRow => ({
  ...{ level, name: level, parent: null, product: 'KRE' },
  ...{ dedicated, pool, assigned, available: pool - assigned },
});

describe('typedCount', () => {
  test.each([
    ['0', 0],
    [' 20 ', 20],
    ['1,000', 1000],
    ['1 000 000', 1_000_000],
    ['1000000000000', 1_000_000_000_000],
  ])('%j is %d', (typed, count) => expect(typedCount(typed)).toBe(count));
  test.each(['', ' ', '-1', '1.5', '1,5', '1e3', 'ten', '0x10', '1000000000001', '١'])('%j is no number', (typed) =>
    expect(typedCount(typed)).toBeNull(),
  );
});

test('in use is what is given on and what is assigned', () => {
  expect(inUse(row('OG-1', 10, 5, 2))).toBe(7);
});

test('at most: what it has and what the parent has left', () => {
  expect(mostAtOnce(row('OG-1', 10, 5, 2), row('AC-1', 200, 164, 4))).toBe(170);
  expect(mostAtOnce(row('OG-1', 10, 5, 2), null)).toBeNull();
});

describe('effects', () => {
  test('tell before and after of what changes', () => {
    const before = [row('AC-1', 200, 164, 0), row('OG-1', 20, 20, 1), row('OG-2', 5, 5, 0)];
    const after = [row('AC-1', 200, 159, 0), row('OG-1', 25, 25, 1), row('OG-2', 5, 5, 0)];
    const told = effects(before, after);
    expect(told.map(({ level }) => level)).toEqual(['AC-1', 'OG-1']);
    expect([told[1]?.dedicated, told[0]?.pool, told[1]?.available]).toEqual([
      [20, 25],
      [164, 159],
      [19, 24],
    ]);
  });
  test('a level of which nothing was known has no before', () => {
    expect(effects([], [row('OG-9', 1, 1, 0)])[0]?.dedicated).toEqual([null, 1]);
  });
  test('a drain is an effect, though no figure changes', () => {
    const draining = { ...row('OG-1', 7, 7, 7), draining_to: 3 };
    expect(effects([row('OG-1', 7, 7, 7)], [draining])).toHaveLength(1);
  });
});

test('children that have something are named, the first five', () => {
  const child = (level: string, dedicated: number) => ({ ...row(level, dedicated, dedicated, 0), parent: 'OG-1' });
  expect(toldChildren([row('OG-9', 3, 3, 0)], 'OG-1')).toBe('');
  expect(toldChildren([child('A', 5), child('B', 0), child('C', 1200)], 'OG-1')).toBe('A 5, C 1,200');
  const many = Array.from({ length: 8 }, (_, i) => child(`L${i}`, 1));
  expect(toldChildren(many, 'OG-1')).toBe('L0 1, L1 1, L2 1, L3 1, L4 1 and 3 more');
});
