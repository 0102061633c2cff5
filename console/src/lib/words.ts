// SPDX-License-Identifier: Apache-2.0
// What the contract's names are called before people.
import type { DeniedGrant, Plan, Policy, Role } from '$/api/schema';

export const ROLE_NAMES: Record<Role, string> = {
  operator: 'Operator',
  account_admin: 'Account admin',
  org_admin: 'Organization admin',
  member: 'Member',
  platform: 'Platform',
  auditor: 'Auditor',
};

export const PLAN_NAMES: Record<Plan, string> = {
  free: 'Free',
  premium: 'Premium',
  true_enterprise: 'True Enterprise',
};

export const POLICY_NAMES: Record<Policy, string> = {
  unrestricted: 'Unrestricted',
  member_based: 'Member-based',
  strict: 'Strict',
};

/** Why a request was, or would be, refused. */
export const REASON_NAMES: Record<DeniedGrant['reason'], string> = {
  fallback_off: 'The account’s pool is closed',
  cooldown: 'In a cool-down',
  draining: 'The pool is draining',
  over_committed: 'The pool is over-committed',
  borrow_limit: 'The limit of borrowed licenses',
  exhausted: 'All licenses in use',
  'not-eligible': 'Not eligible by the policy',
  'not-a-member': 'Not a member of the project',
};
