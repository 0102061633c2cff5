// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { mayChangeUser, rolesToGive, standing } from './user-access';

describe('changing users', () => {
  it('is not offered above one’s own role', () => {
    const admin = { role: 'org_admin', user: 'US-1' } as const;
    expect(mayChangeUser(admin, { id: 'US-2', role: 'member' })).toBe(true);
    expect(mayChangeUser(admin, { id: 'US-2', role: 'account_admin' })).toBe(false);
    expect(mayChangeUser(admin, { id: 'US-2', role: 'auditor' })).toBe(false);
    expect(mayChangeUser({ role: 'operator', user: null }, { id: 'US-2', role: 'account_admin' })).toBe(true);
  });

  it('is not offered to an organization’s admin of itself, nor to who only reads', () => {
    expect(mayChangeUser({ role: 'org_admin', user: 'US-1' }, { id: 'US-1', role: 'org_admin' })).toBe(false);
    expect(mayChangeUser({ role: 'auditor', user: 'US-1' }, { id: 'US-2', role: 'member' })).toBe(false);
    expect(rolesToGive('member')).toEqual([]);
  });
});

it('a user is ready, invited, was invited, or neither', () => {
  const now = Date.parse('2026-11-24T12:00:00.000Z');
  const before = '2026-11-24T11:00:00.000Z';
  const later = '2026-11-24T13:00:00.000Z';
  expect(standing({ password_set_at: null, invited_until: null }, now)).toBe('none');
  expect(standing({ password_set_at: null, invited_until: later }, now)).toBe('invited');
  expect(standing({ password_set_at: null, invited_until: before }, now)).toBe('lapsed');
  expect(standing({ password_set_at: before, invited_until: before }, now)).toBe('ready');
  expect(standing({ password_set_at: before, invited_until: later }, now)).toBe('invited');
});
