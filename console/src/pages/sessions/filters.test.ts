// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { filtersIn, sessionQuery } from './filters';

const asked = (query: string) => sessionQuery(filtersIn(new URLSearchParams(query)));

test.each([
  ['', { state: 'active' }],
  ['state=all&product=KRE', { product: 'KRE' }],
  ['state=expired&user=US-1&level=AC-1', { state: 'expired', user: 'US-1', level: 'AC-1' }],
  ['state=nonsense&event=3', { state: 'active' }],
])('%j asks for %j', (query, wanted) => expect(asked(query)).toEqual(wanted));
