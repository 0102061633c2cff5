// SPDX-License-Identifier: Apache-2.0
// Why a pool did or did not grant a session, in words.
import type { Rule, Tried } from '$/api/schema';
import { counted, figure } from './figures';
import { duration } from './moments';

/** Why a level was tried at all. */
export const RULE_SENTENCES: Record<Rule, string> = {
  named: 'The request named this organization',
  project: 'Organization of the project that the request named',
  own: 'The user’s own organization',
  member: 'Has a project of which the user is a member',
  fallback: 'The account’s own pool, as the fallback',
  other: 'Another organization of the account',
};

/** `exhausted` in words: what became of the pool's licenses, as far as the reader may see its figures. */
function exhausted({ dedicated, pool, assigned, available }: Tried, count: number | null): string {
  if (dedicated === undefined || pool === undefined || assigned === undefined || available === undefined)
    return 'Nothing free here.';
  if (dedicated === 0) return 'Has no licenses of its own.';
  if (pool === 0) return `All ${figure(dedicated)} that it has are dedicated to others.`;
  if (available === 0)
    return pool === 1
      ? 'The one license of its pool is in use.'
      : `All ${counted(pool, 'license')} of its pool are in use.`;
  if (count !== null && available >= count)
    return `${figure(available)} of ${figure(pool)} free, but kept for those who wait in line.`;
  const asked = count === null ? 'fewer than asked for' : `${figure(count)} asked for`;
  return `Only ${figure(available)} of ${figure(pool)} free, ${asked}.`;
}

/** What happened at a level that was tried. `count` is how many licenses were asked for; null where it is not known. */
export function triedSentence(tried: Tried, count: number | null): string {
  switch (tried.reason) {
    case null:
      return tried.available === undefined
        ? 'It has enough free.'
        : `${figure(tried.available)} of ${figure(tried.pool ?? tried.available)} free.`;
    case 'fallback_off':
      return 'Not tried: the usage policy closes the account’s pool to sessions.';
    case 'cooldown':
      return 'The user’s last session of this product was ended with a cool-down that is not over yet.';
    case 'draining':
      return 'Its dedication is being drained, so it grants nothing new.';
    case 'over_committed':
      return 'More is in use or dedicated than it, or a level above it, has.';
    case 'borrow_limit':
      return 'As much of its pool is lent out as may be.';
    case 'exhausted':
      return exhausted(tried, count);
  }
}

/** When the next license may come back to a level; null where there is nothing to say. */
export function retrySentence(tried: Tried): string | null {
  if (tried.reason === null || tried.reason === 'fallback_off' || tried.retry_after_s == null) return null;
  return tried.retry_after_s === 0
    ? 'The next lease here ends at once.'
    : `The next lease here ends after ${duration(tried.retry_after_s)}, unless it is renewed.`;
}

/** The first sentence about a denial. Names are what people call the things. */
export function denialSentence(
  denial: { error: string | null; reasons: Record<string, number>; product: string },
  names: { user: string; organization: string | null; project: string | null },
): string {
  if (denial.error === 'not-eligible')
    return `The usage policy does not let ${names.user} use the pool of ${names.organization ?? 'that organization'}.`;
  if (denial.error === 'not-a-member')
    return `${names.user} is not a member of the project ${names.project ?? 'that the request named'}.`;
  if (denial.error !== null && denial.error !== 'no-license-available') return `The answer would be: ${denial.error}.`;
  const pools = Object.values(denial.reasons).reduce((sum, count) => sum + count, 0);
  if (pools === 0) return `No pool is open to ${names.user} for ${denial.product}.`;
  return pools === 1
    ? `The only pool that is open to ${names.user} grants nothing.`
    : `None of the ${figure(pools)} pools that were tried grants it.`;
}

/** How often each reason was given, the most frequent first: of a denial, counted over the pools it tells of. */
export function reasonCounts(tried: readonly Tried[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { reason } of tried) if (reason !== null) counts[reason] = (counts[reason] ?? 0) + 1;
  return counts;
}
