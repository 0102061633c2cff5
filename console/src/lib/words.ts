// SPDX-License-Identifier: Apache-2.0
// What the contract's names are called before people.
import type { Plan, Policy, Role } from '$/api/schema';

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
