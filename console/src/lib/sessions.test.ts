// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { briefly, lastHeard, leaseLeft, mayEnd } from './sessions';

const lease = {
  borrowed: false,
  started_at: '2026-11-24T10:00:00.000Z',
  expires_at: '2026-11-24T10:05:00.000Z',
  ttl_s: 120,
};

test('a program was last heard a whole lease before its end', () => {
  expect(lastHeard(lease)).toBe('2026-11-24T10:03:00.000Z');
  expect(lastHeard({ ...lease, ttl_s: 600 })).toBe(lease.started_at);
  expect(lastHeard({ ...lease, borrowed: true })).toBeNull();
});

test.each([
  ['2026-11-24T10:03:00Z', 1],
  ['2026-11-24T10:04:00Z', 0.5],
  ['2026-11-24T10:06:00Z', 0],
  ['2026-11-24T10:00:00Z', 1],
])('at %s, %d of the lease is left', (now, left) => expect(leaseLeft(lease, Date.parse(now))).toBe(left));

test.each([
  [12, '12 s'],
  [1580, '26 min'],
  [86_399, '23 h'],
  [-3, '0 s'],
])('%d seconds are briefly %s', (seconds, told) => expect(briefly(seconds)).toBe(told));

test('who may end a session', () => {
  const session = { state: 'active', user: 'US-1' } as const;
  expect(mayEnd({ role: 'account_admin', user: null }, session)).toBe('revoke');
  expect(mayEnd({ role: 'org_admin', user: 'US-2' }, session)).toBe('revoke');
  expect(mayEnd({ role: 'member', user: 'US-1' }, session)).toBe('release');
  expect(mayEnd({ role: 'auditor', user: 'US-2' }, session)).toBeNull();
  expect(mayEnd({ role: 'operator', user: null }, { ...session, state: 'expired' })).toBeNull();
});
