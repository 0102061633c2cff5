// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import type { PoolRow } from '$/api/schema';
import { parentIndex, visibleRows } from './pool-tree';

const row = (level: string, parent: string | null): PoolRow => ({
  ...{ level, parent, name: level, product: 'KRE' },
  ...{ dedicated: 0, pool: 0, assigned: 0, available: 0 },
});
const rows = [
  row('AC-1', null),
  row('OG-1', 'AC-1'),
  row('OG-2', 'AC-1'),
  row('OG-3', 'OG-2'),
  row('OG-5', 'OG-3'),
  row('OG-4', 'OG-2'),
  row('OG-6', 'AC-1'),
];
const told = (collapsed: string[], of = rows, top = 'AC-1') =>
  visibleRows(of, top, (level) => collapsed.includes(level)).map(
    ({ row, depth, expanded }) => `${depth} ${row.level}${expanded ? ' +' : ''}`,
  );

describe('visibleRows', () => {
  test('shows the whole tree without the top', () => {
    expect(told([])).toEqual(['1 OG-1', '1 OG-2 +', '2 OG-3 +', '3 OG-5', '2 OG-4', '1 OG-6']);
  });
  test('hides the subtree of a collapsed level, and no more', () => {
    expect(told(['OG-2'])).toEqual(['1 OG-1', '1 OG-2', '1 OG-6']);
    expect(told(['OG-3'])).toEqual(['1 OG-1', '1 OG-2 +', '2 OG-3', '2 OG-4', '1 OG-6']);
  });
  test('what was collapsed inside stays so', () => {
    expect(told(['OG-2', 'OG-3'])).toEqual(['1 OG-1', '1 OG-2', '1 OG-6']);
  });
  test('collapsing a leaf changes nothing', () => {
    expect(told(['OG-1'])).toEqual(told([]));
  });
  test('an admin of an organization sees what is below it', () => {
    expect(told([], rows.slice(2, 6), 'OG-2')).toEqual(['1 OG-3 +', '2 OG-5', '1 OG-4']);
  });
  test('rows of unknown parents stand at the top', () => {
    expect(told([], [row('OG-9', 'OG-8'), row('OG-10', 'OG-9')])).toEqual(['1 OG-9 +', '2 OG-10']);
  });
  test('ten thousand rows in a blink', () => {
    const many = Array.from({ length: 10_000 }, (_, i) => row(`OG-${i}`, i % 10 === 0 ? 'AC-1' : `OG-${i - (i % 10)}`));
    const start = performance.now();
    expect(visibleRows(many, 'AC-1', () => false)).toHaveLength(10_000);
    expect(performance.now() - start).toBeLessThan(500);
  });
});

test('parentIndex', () => {
  const visible = visibleRows(rows, 'AC-1', () => false);
  expect([0, 1, 2, 3, 4, 5].map((i) => parentIndex(visible, i))).toEqual([-1, -1, 1, 2, 1, -1]);
});
