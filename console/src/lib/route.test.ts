// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { changed, fill, match, safeNext } from './route';

describe('match', () => {
  test('finds parameters, decoded', () => {
    expect(match('/accounts/:account/users/:user', '/accounts/AC-1/users/US-7')).toEqual({
      account: 'AC-1',
      user: 'US-7',
    });
    expect(match('/products/:code', '/products/a%2Fb')).toEqual({ code: 'a/b' });
  });
  test('a slash at the end means nothing', () => {
    expect(match('/sign-in', '/sign-in/')).toEqual({});
    expect(match('/', '/')).toEqual({});
  });
  test('refuses other paths, other lengths and broken escapes', () => {
    expect(match('/accounts/:account', '/accounts')).toBeNull();
    expect(match('/accounts/:account', '/accounts/AC-1/users')).toBeNull();
    expect(match('/accounts/:account', '/account/AC-1')).toBeNull();
    expect(match('/accounts/:account', '/accounts/%E0%A4%A')).toBeNull();
  });
});

describe('fill', () => {
  test('is the reverse of match', () => {
    expect(fill('/accounts/:account/products/:code', { account: 'AC-1', code: 'a/b' })).toBe(
      '/accounts/AC-1/products/a%2Fb',
    );
    expect(fill('/', {})).toBe('/');
  });
  test('without a parameter there is no path', () => {
    expect(fill('/accounts/:account', {})).toBeNull();
    expect(fill('/accounts/:account', { account: '' })).toBeNull();
  });
});

describe('changed', () => {
  test('sets, takes away, leaves the rest', () => {
    const query = new URLSearchParams('product=KRE&all=1&q=a');
    expect(changed(query, { q: null, all: false, product: 'FOU', level: 'OG-1' }).toString()).toBe(
      'product=FOU&level=OG-1',
    );
    expect(changed(query, { all: true }).toString()).toBe('product=KRE&all=1&q=a');
    expect(query.toString()).toBe('product=KRE&all=1&q=a');
  });
});

describe('safeNext', () => {
  test('takes paths of this console', () => {
    expect(safeNext('/accounts/AC-1/licenses?product=KRE')).toBe('/accounts/AC-1/licenses?product=KRE');
  });
  test.each([
    null,
    '',
    'https://example.org/',
    '//example.org',
    '/\\example.org',
    'javascript:alert(1)',
    '/sign-in?next=/',
    '/a\nb',
  ])('refuses %j', (next) => expect(safeNext(next)).toBeNull());
});
