// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import type { Account, Plan, Role } from '$/api/schema';
import { mayDedicate, mayGiveSeats, maySetPolicy, topLevel } from './access';

const who = (role: Role) => ({ role, organization: 'OG-7' });
const account = (plan: Plan, delegate_dedication = false) => ({ plan, delegate_dedication }) as Account;
const roles: Role[] = ['operator', 'account_admin', 'org_admin', 'member', 'platform', 'auditor'];

describe('mayDedicate', () => {
  test('admins may, on the plan', () => {
    expect(roles.filter((role) => mayDedicate(who(role), account('true_enterprise')))).toEqual([
      'operator',
      'account_admin',
    ]);
    expect(roles.filter((role) => mayDedicate(who(role), account('premium', true)))).toEqual([]);
  });
  test('admins of organizations may where it is delegated', () => {
    expect(mayDedicate(who('org_admin'), account('true_enterprise', true))).toBe(true);
  });
});

test('maySetPolicy', () => {
  expect(roles.filter((role) => maySetPolicy(who(role)))).toEqual(['operator', 'account_admin']);
});

test('mayGiveSeats', () => {
  expect(roles.filter((role) => mayGiveSeats(who(role)))).toEqual(['operator', 'account_admin', 'org_admin']);
});

test('topLevel', () => {
  expect(topLevel(who('org_admin'), 'AC-1')).toBe('OG-7');
  expect(topLevel(who('account_admin'), 'AC-1')).toBe('AC-1');
});
