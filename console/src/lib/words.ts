// SPDX-License-Identifier: Apache-2.0
// What the contract's names are called before people.
import type { Denial, DeniedGrant, Model, OnShortfall, Plan, Policy, Role, Rule, SessionState } from '$/api/schema';

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
  exhausted: 'Not enough free',
  'not-eligible': 'Not eligible by the policy',
  'not-a-member': 'Not a member of the project',
};

/** The errors that are kept as denials. */
export const DENIAL_NAMES: Record<Denial['error'], string> = {
  'no-license-available': 'No license available',
  'not-eligible': 'Not eligible',
  'not-a-member': 'Not a member',
};

/** By which rule a session got its pool, in a word or two. */
export const RULE_NAMES: Record<Rule, string> = {
  named: 'Named',
  project: 'Project',
  own: 'Own organization',
  member: 'Membership',
  fallback: 'Fallback',
  other: 'Other organization',
};

export const SESSION_STATE_NAMES: Record<SessionState, string> = {
  active: 'Active',
  released: 'Released',
  expired: 'Expired',
  revoked: 'Revoked',
};

export const MODEL_NAMES: Record<Model, string> = {
  seat: 'Named seats',
  session: 'Concurrent sessions',
};

export const SHORTFALL_NAMES: Record<OnShortfall, string> = {
  keep: 'Holders go on',
  end_newest: 'End the newest claims',
};

const BY_MEMBER: Record<string, Record<string, string>> = {
  role: ROLE_NAMES,
  plan: PLAN_NAMES,
  policy: POLICY_NAMES,
  via: RULE_NAMES,
  model: MODEL_NAMES,
  on_shortfall: SHORTFALL_NAMES,
  state: { ...SESSION_STATE_NAMES, assigned: 'Assigned', activated: 'Activated' },
  kind: { person: 'Person', service: 'Service' },
  origin: { external: 'External', platform: 'Platform' },
};

/** A text value of a member as people read it: the contract's own words in theirs, names as they are. */
export const valueWords = (member: string, value: string): string =>
  Object.entries(BY_MEMBER[member] ?? {}).find(([word]) => word === value)?.[1] ?? value;
