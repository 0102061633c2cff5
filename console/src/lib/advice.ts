// SPDX-License-Identifier: Apache-2.0
// What can be done about a denial, and where in the console.
import type { Role, Tried } from '$/api/schema';
import { withFilters } from './filters';

export interface Denied {
  account: string;
  product: string;
  user: string;
  /** The problem's name. */
  error: string | null;
  organization: string | null;
  project: string | null;
  tried: readonly Tried[];
}

export interface Advice {
  text: string;
  /** The link's own words, and where it leads. */
  link: string;
  href: string;
}

const isAdmin = (role: Role): boolean => role === 'operator' || role === 'account_admin';

function aboutPools({ account, product, tried }: Denied, role: Role): Advice[] {
  const at = `/accounts/${account}`;
  const licenses = withFilters(`${at}/licenses`, { product });
  const has = (reason: Tried['reason']): Tried | undefined => tried.find((one) => one.reason === reason);
  const advice: Advice[] = [];
  const short = tried.find((one) => one.reason === 'exhausted' && one.level.startsWith('OG-'));
  if (short !== undefined && isAdmin(role))
    advice.push({ text: 'Dedicate more licenses to the organization.', link: 'License management', href: licenses });
  const busy = tried.find(({ reason, assigned }) => reason === 'exhausted' && assigned !== 0);
  if (busy !== undefined && role === 'member')
    advice.push({
      text: 'End a session of yours that you do not need, or ask an admin for more licenses.',
      link: 'Your sessions',
      href: withFilters(`${at}/sessions`, { product }),
    });
  else if (busy !== undefined)
    advice.push({
      text: 'See who holds the licenses there.',
      link: 'Sessions',
      href: withFilters(`${at}/sessions`, { product, level: busy.level }),
    });
  if (has('fallback_off') && isAdmin(role))
    advice.push({ text: 'Let sessions fall back to the account’s pool.', link: 'Usage policy', href: `${at}/policy` });
  if (has('draining') && isAdmin(role))
    advice.push({
      text: 'End the drain: set the dedication to what it has now.',
      link: 'License management',
      href: licenses,
    });
  if (has('over_committed') && isAdmin(role))
    advice.push({ text: 'Take back dedications, or buy more.', link: 'License management', href: licenses });
  if (has('borrow_limit') && isAdmin(role))
    advice.push({ text: 'Let a greater share of each pool be lent.', link: 'Borrowing', href: `${at}/settings` });
  return advice;
}

/** What to do about a denial, the likeliest first; only what the role may do. */
export function adviceFor(denied: Denied, role: Role): Advice[] {
  const at = `/accounts/${denied.account}`;
  const cooldown = denied.tried.some(({ reason }) => reason === 'cooldown');
  const advice = aboutPools(denied, role);
  if (denied.error === 'not-eligible' && isAdmin(role))
    advice.push({ text: 'Choose a wider usage policy.', link: 'Usage policy', href: `${at}/policy` });
  if (denied.error === 'not-eligible' && isAdmin(role))
    advice.push({
      text: 'Or move the user to that organization.',
      link: 'The user',
      href: `${at}/users/${denied.user}`,
    });
  if (denied.error === 'not-a-member' && (isAdmin(role) || role === 'org_admin'))
    advice.push({ text: 'Make the user a member of the project.', link: 'Projects', href: `${at}/projects` });
  if (cooldown && (isAdmin(role) || role === 'auditor'))
    advice.push({
      text: 'The cool-down ends by itself; the history tells when, and who set it.',
      link: 'History',
      href: withFilters(`${at}/history`, { kind: 'cooldown', user: denied.user }),
    });
  return advice;
}

/** The link that asks what the same request would get now. */
export const explainNow = ({ account, user, product, organization, project }: Denied): string =>
  withFilters(`/accounts/${account}/explain`, { user, product, organization, project });
