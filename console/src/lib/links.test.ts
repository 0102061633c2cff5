// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { pageOf } from './links';

test.each([
  ['SN-12', '/accounts/AC-1/sessions/SN-12'],
  ['US-3', '/accounts/AC-1/users/US-3'],
  ['DN-1', '/accounts/AC-1/denials/DN-1'],
  ['OG-1001', null],
  ['PR-1/US-3', null],
  ['KRE', null],
  ['toString-1', null],
])('%s', (id, page) => expect(pageOf('AC-1', id)).toBe(page));
