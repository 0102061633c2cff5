// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { cleared, filtersOf, oneOf, withFilters } from './filters';
import { changed } from './route';

const NAMES = ['kind', 'user', 'from'] as const;

test('only the named filters that hold something are read', () => {
  const query = new URLSearchParams('kind=session&user=%20&from=2026-11-24T00:00:00Z&event=7');
  expect(filtersOf(query, NAMES)).toEqual({ kind: 'session', from: '2026-11-24T00:00:00Z' });
});

test('a value that is none of those there are is not set', () => {
  expect(oneOf('expired', ['active', 'expired'])).toBe('expired');
  expect(oneOf('toString', ['active', 'expired'])).toBeNull();
  expect(oneOf(null, ['active'])).toBeNull();
});

test('what goes into a link comes out of it', () => {
  const href = withFilters('/accounts/AC-1/history', { kind: 'session', user: null, subject: 'OG-1/A&B' });
  expect(href).toBe('/accounts/AC-1/history?kind=session&subject=OG-1%2FA%26B');
  expect(filtersOf(new URL(href, 'http://here').searchParams, ['subject'])).toEqual({ subject: 'OG-1/A&B' });
  expect(withFilters('/denials', { user: '' })).toBe('/denials');
});

test('clearing leaves what is no filter', () => {
  const query = new URLSearchParams('kind=session&user=US-1&event=7');
  expect(changed(query, cleared(NAMES)).toString()).toBe('event=7');
});
