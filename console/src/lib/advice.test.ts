// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import type { Tried } from '$/api/schema';
import { adviceFor, explainNow, type Denied } from './advice';

const tried = (level: string, reason: Tried['reason']): Tried => ({ level, rule: 'own', reason });
const denied = (rest: Partial<Denied>): Denied => ({
  account: 'AC-1',
  product: 'KRE',
  user: 'US-3',
  error: 'no-license-available',
  organization: null,
  project: null,
  tried: [],
  ...rest,
});
const links = (one: Denied, role: Parameters<typeof adviceFor>[1]): string[] =>
  adviceFor(one, role).map(({ href }) => href.replace('/accounts/AC-1/', ''));

describe('what to do about a denial', () => {
  const full = denied({ tried: [tried('OG-1001', 'exhausted'), tried('AC-1', 'fallback_off')] });
  test('an admin can give more, see who holds them, and open the fallback', () => {
    expect(links(full, 'account_admin')).toEqual([
      'licenses?product=KRE',
      'sessions?product=KRE&level=OG-1001',
      'policy',
    ]);
  });
  test('others are not led to what they may not do', () => {
    expect(links(full, 'auditor')).toEqual(['sessions?product=KRE&level=OG-1001']);
  });
  test('a member, who sees no sessions but its own, is led to these', () => {
    expect(links(full, 'member')).toEqual(['sessions?product=KRE']);
  });
  test('nothing can be dedicated to the account itself', () => {
    expect(links(denied({ tried: [tried('AC-1', 'exhausted')] }), 'operator')).toEqual([
      'sessions?product=KRE&level=AC-1',
    ]);
  });
  test('nobody holds anything where nothing is assigned', () => {
    const empty = { ...tried('OG-1001', 'exhausted'), assigned: 0 };
    expect(links(denied({ tried: [empty] }), 'auditor')).toEqual([]);
    expect(links(denied({ tried: [empty, tried('OG-2', 'exhausted')] }), 'auditor')).toEqual([
      'sessions?product=KRE&level=OG-2',
    ]);
  });
  test('refusals by policy and membership lead to these', () => {
    expect(links(denied({ error: 'not-eligible' }), 'account_admin')).toEqual(['policy', 'users/US-3']);
    expect(links(denied({ error: 'not-a-member' }), 'org_admin')).toEqual(['projects']);
    expect(links(denied({ error: 'not-a-member' }), 'member')).toEqual([]);
  });
  test('drains, over-commitment, lending and cool-downs have theirs', () => {
    const all = denied({
      tried: (['draining', 'over_committed', 'borrow_limit', 'cooldown'] as const).map((one) => tried('OG-1', one)),
    });
    expect(links(all, 'account_admin')).toEqual([
      'licenses?product=KRE',
      'licenses?product=KRE',
      'settings',
      'history?kind=cooldown&user=US-3',
    ]);
  });
});

test('explain now asks for the same', () => {
  expect(explainNow(denied({ project: 'PR-1' }))).toBe('/accounts/AC-1/explain?user=US-3&product=KRE&project=PR-1');
});
