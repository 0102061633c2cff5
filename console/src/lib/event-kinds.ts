// SPDX-License-Identifier: Apache-2.0
// The kinds of events, as the history is filtered by them and as people read them.

/** What stands before the dot, with the kinds that begin so. */
export const EVENT_KINDS: ReadonlyArray<{ title: string; prefix: string; kinds: readonly string[] }> = [
  { title: 'Sessions', prefix: 'session', kinds: ['acquired', 'moved', 'released', 'expired', 'revoked'] },
  {
    title: 'Seats',
    prefix: 'seat',
    kinds: ['assigned', 'activated', 'moved', 'released', 'revoked', 'machine-activated', 'machine-removed'],
  },
  { title: 'Dedications', prefix: 'dedication', kinds: ['changed', 'drained', 'filled'] },
  { title: 'Usage policy', prefix: 'usage-policy', kinds: ['changed'] },
  { title: 'Purchases', prefix: 'purchase', kinds: ['created', 'updated', 'started', 'ended', 'deleted'] },
  { title: 'Shortfalls', prefix: 'shortfall', kinds: ['began', 'ended'] },
  { title: 'Organizations', prefix: 'organization', kinds: ['created', 'updated', 'moved', 'deleted'] },
  { title: 'Users', prefix: 'user', kinds: ['created', 'updated', 'deleted'] },
  { title: 'Invitations', prefix: 'invitation', kinds: ['created'] },
  { title: 'Passwords', prefix: 'password', kinds: ['set'] },
  { title: 'Sign-ins', prefix: 'sign-in', kinds: ['created', 'ended'] },
  { title: 'Projects', prefix: 'project', kinds: ['created', 'updated', 'deleted'] },
  { title: 'Memberships', prefix: 'membership', kinds: ['added', 'removed'] },
  { title: 'API keys', prefix: 'api-key', kinds: ['created', 'revoked'] },
  { title: 'Borrowing', prefix: 'borrowing', kinds: ['set', 'removed'] },
  { title: 'Cool-downs', prefix: 'cooldown', kinds: ['set'] },
  { title: 'Account', prefix: 'account', kinds: ['created', 'updated'] },
];

const WORDS: Record<string, string> = { 'api-key': 'API key', 'sign-in': 'Sign-in', cooldown: 'Cool-down' };
const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** A kind as people read it: `session.acquired` is `Session acquired`. A kind that is not known reads as well. */
export function kindWords(kind: string): string {
  const [prefix = '', ...rest] = kind.split('.');
  const thing = WORDS[prefix] ?? capital(prefix.replaceAll('-', ' '));
  return [thing, ...rest.map((part) => part.replaceAll('-', ' '))].join(' ');
}

/** The choices of a filter by kind; one that the URL has but the list does not is among them. */
export function kindChoices(chosen: string | undefined): Array<{ title: string; kinds: string[] }> {
  const groups = EVENT_KINDS.map(({ title, prefix, kinds }) => ({
    title,
    kinds: [...(kinds.length > 1 ? [prefix] : []), ...kinds.map((kind) => `${prefix}.${kind}`)],
  }));
  const known = chosen === undefined || groups.some(({ kinds }) => kinds.includes(chosen));
  return known ? groups : [{ title: 'From the link', kinds: [chosen] }, ...groups];
}
