// SPDX-License-Identifier: Apache-2.0
// The roles that an API key can have, and what the form asks for each.
import type { KeyRole, Role } from '$/api/schema';

/** Which keys somebody with the role may make; the server decides, this only spares a refusal. */
export function keyRolesFor(role: Role): readonly KeyRole[] {
  switch (role) {
    case 'operator':
    case 'account_admin':
      return ['member', 'platform', 'org_admin', 'account_admin', 'auditor'];
    case 'org_admin':
      return ['member', 'org_admin'];
    case 'member':
      return ['member'];
    default:
      return [];
  }
}

export interface RoleForm {
  /** What a key of the role may do, in a sentence. */
  text: string;
  user: 'needed' | 'possible';
  organization: 'needed' | 'none';
}

export const ROLE_FORMS: Record<KeyRole, RoleForm> = {
  member: {
    text: 'Takes, renews and gives back sessions of one user, and claims its seats.',
    user: 'needed',
    organization: 'none',
  },
  platform: {
    text: 'Takes sessions for any user of the account: for the product’s own platform.',
    user: 'possible',
    organization: 'none',
  },
  org_admin: {
    text: 'Runs one organization and what is below it: users, projects, seats.',
    user: 'possible',
    organization: 'needed',
  },
  account_admin: {
    text: 'Everything in the account but purchases and plan.',
    user: 'possible',
    organization: 'none',
  },
  auditor: { text: 'Reads everything in the account, changes nothing.', user: 'possible', organization: 'none' },
};

export type KeyState = 'active' | 'expired' | 'revoked';

/** What has become of a key by `now`, in milliseconds. */
export function keyState(key: { revoked_at: string | null; expires_at: string | null }, now: number): KeyState {
  if (key.revoked_at !== null) return 'revoked';
  return key.expires_at !== null && Date.parse(key.expires_at) <= now ? 'expired' : 'active';
}
