// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { holdersOf, pageOf } from './links';

test.each([
  ['SN-12', '/accounts/AC-1/sessions/SN-12'],
  ['US-3', '/accounts/AC-1/users/US-3'],
  ['DN-1', '/accounts/AC-1/denials/DN-1'],
  ['OG-1001', null],
  ['PR-1/US-3', null],
  ['KRE', null],
  ['toString-1', null],
])('%s', (id, page) => expect(pageOf('AC-1', id, 'auditor')).toBe(page));

test('a member is not led to the pages of users, which it has not', () => {
  expect(pageOf('AC-1', 'US-3', 'member')).toBeNull();
  expect(pageOf('AC-1', 'SN-12', 'member')).toBe('/accounts/AC-1/sessions/SN-12');
});

test('holders of a level are sessions or seats, by the model', () => {
  expect(holdersOf('AC-1', 'session', 'OG-1', 'KRE')).toBe('/accounts/AC-1/sessions?product=KRE&level=OG-1');
  expect(holdersOf('AC-1', 'seat', 'AC-1', 'a_b')).toBe('/accounts/AC-1/seats?product=a_b&level=AC-1');
});
