// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { bodyOf, isCount, questionIn } from './question';

const asked = (query: string, self: string | null = null) => bodyOf(questionIn(new URLSearchParams(query), self));

test.each([
  ['user=US-1&product=KRE', { user: 'US-1', product: 'KRE', count: 1 }],
  [
    'user=US-1&product=KRE&project=PR-2&organization=OG-1001&count=12',
    { user: 'US-1', product: 'KRE', count: 12, project: 'PR-2', organization: 'OG-1001' },
  ],
  ['user=US-1&product=KRE&count=many', { user: 'US-1', product: 'KRE', count: 1 }],
  ['user=US-1&product=KRE&count=0', { user: 'US-1', product: 'KRE', count: 0 }],
  ['user=US-1', null],
  ['product=KRE', null],
])('%s asks %j', (query, body) => expect(asked(query)).toEqual(body));

test('who may ask for nobody else asks for itself, unless the link says otherwise', () => {
  expect(asked('product=KRE', 'US-7')).toMatchObject({ user: 'US-7' });
  expect(asked('product=KRE&user=US-1', 'US-7')).toMatchObject({ user: 'US-1' });
});

test.each([
  [1, true],
  [1000, true],
  [0, false],
  [1001, false],
  [1.5, false],
  [null, false],
])('%s can be asked for: %s', (count, can) => expect(isCount(count)).toBe(can));
