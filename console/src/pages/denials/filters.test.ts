// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { filtersIn } from './filters';

test.each([
  ['kind=not-eligible&product=KRE&x=1', { kind: 'not-eligible', product: 'KRE' }],
  ['kind=nonsense&user=US-1', { user: 'US-1' }],
  ['', {}],
])('%j filters by %j', (query, filter) => expect(filtersIn(new URLSearchParams(query))).toEqual(filter));
