// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { keyRolesFor, keyState, ROLE_FORMS } from './key-roles';

describe('the roles of a new key', () => {
  it('are never above the role of who makes it', () => {
    expect(keyRolesFor('org_admin')).toEqual(['member', 'org_admin']);
    expect(keyRolesFor('member')).toEqual(['member']);
    expect(keyRolesFor('auditor')).toEqual([]);
    expect(keyRolesFor('platform')).toEqual([]);
  });

  it('each have a form', () => {
    for (const role of keyRolesFor('operator')) expect(ROLE_FORMS[role].text).toMatch(/\.$/);
  });
});

describe('a key', () => {
  const key = { revoked_at: null, expires_at: '2026-11-24T12:00:00.000Z' };
  const at = Date.parse(key.expires_at);

  it('is active until the moment it expires', () => {
    expect(keyState(key, at - 1)).toBe('active');
    expect(keyState(key, at)).toBe('expired');
    expect(keyState({ ...key, expires_at: null }, at)).toBe('active');
  });

  it('that was revoked is told as that, whenever it would have expired', () => {
    expect(keyState({ ...key, revoked_at: '2026-11-24T11:00:00.000Z' }, at)).toBe('revoked');
  });
});
