// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { rangeInView } from './virtual';

test.each([
  ['at the top', 10_000, -200, { from: 0, to: 25 }],
  ['in the middle', 10_000, 48 * 5000, { from: 4990, to: 5029 }],
  ['at the end', 10_000, 48 * 10_000 - 900, { from: 9971, to: 10_000 }],
  ['of a short list', 3, -200, { from: 0, to: 3 }],
  ['of an empty list', 0, 0, { from: 0, to: 0 }],
  ['scrolled past', 3, 5000, { from: 3, to: 3 }],
  ['not yet reached', 100, -5000, { from: 0, to: 0 }],
])('%s', (_, count, above, range) => expect(rangeInView(count, 48, above, 900)).toEqual(range));
