// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { valueWords } from './words';

test.each([
  ['role', 'org_admin', 'Organization admin'],
  ['state', 'revoked', 'Revoked'],
  ['name', 'strict', 'strict'],
  ['policy', 'strict', 'Strict'],
  ['via', 'toString', 'toString'],
  ['constructor', 'name', 'name'],
])('%s %s', (member, value, words) => expect(valueWords(member, value)).toBe(words));
