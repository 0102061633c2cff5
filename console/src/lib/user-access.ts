// SPDX-License-Identifier: Apache-2.0
// What the console offers to do with users. The server alone decides.
import type { Role, UserRole } from '$/api/schema';

/** The roles that somebody with the role may give to users. */
export function rolesToGive(role: Role): readonly UserRole[] {
  if (role === 'operator' || role === 'account_admin') return ['member', 'org_admin', 'account_admin', 'auditor'];
  return role === 'org_admin' ? ['member', 'org_admin'] : [];
}

/** Whether to offer changes of a user: never of one whose role is above one's own, and an org_admin not of itself. */
export function mayChangeUser(who: { role: Role; user: string | null }, user: { id: string; role: UserRole }): boolean {
  if (who.role === 'org_admin' && who.user === user.id) return false;
  return rolesToGive(who.role).includes(user.role);
}

/** How a user stands with the console: may sign in, is invited until, was invited, or neither. */
export function standing(
  user: { password_set_at: string | null; invited_until: string | null },
  now: number,
): 'ready' | 'invited' | 'lapsed' | 'none' {
  if (user.invited_until !== null && Date.parse(user.invited_until) > now) return 'invited';
  if (user.password_set_at !== null) return 'ready';
  return user.invited_until !== null ? 'lapsed' : 'none';
}
