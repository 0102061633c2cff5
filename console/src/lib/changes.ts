// SPDX-License-Identifier: Apache-2.0
// What an event changed: its thing before and after, member by member.

type Row = Record<string, unknown>;

export interface Change {
  member: string;
  /** undefined where the thing, or this member of it, was not there. */
  before: unknown;
  after: unknown;
  kind: 'added' | 'removed' | 'changed' | 'same';
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

function compared(member: string, before: unknown, after: unknown): Change {
  const kind =
    before === undefined ? 'added' : after === undefined ? 'removed' : same(before, after) ? 'same' : 'changed';
  return { member, before, after, kind };
}

/** All members of a thing, in the order in which it tells them; null counts as not there, as the history keeps none. */
export function changesOf(before: Row | null, after: Row | null): Change[] {
  const had = before ?? {};
  const has = after ?? {};
  const members = [...new Set([...Object.keys(has), ...Object.keys(had)])];
  return members
    .map((member) => compared(member, had[member] ?? undefined, has[member] ?? undefined))
    .filter(({ before: old, after: now }) => old !== undefined || now !== undefined);
}

// Told by the event itself, or of no interest at first sight.
const BESIDE = new Set(['id', 'created_at', 'in_force', 'borrowed', 'origin', 'state', 'expires_at', 'started_at']);

/** The changes that tell the most: what differs, or of a thing that came or went what it is. */
export function mainChanges(before: Row | null, after: Row | null): Change[] {
  const changes = changesOf(before, after).filter(({ kind }) => kind !== 'same');
  if (before !== null && after !== null) return changes.filter(({ member }) => member !== 'expires_at');
  const telling = changes.filter(({ member }) => !BESIDE.has(member));
  return telling.length > 0 ? telling : changes;
}

const WORDS: Record<string, string> = {
  id: 'Id',
  ttl_s: 'Lease time',
  shortfall_grace_s: 'Grace at a shortfall',
  on_shortfall: 'At a shortfall',
  self_service_seats: 'Self-service seats',
  delegate_dedication: 'Delegated dedication',
  via: 'Granted as',
  level: 'Pool of',
  share_percent: 'Share, per cent',
  max_borrow_days: 'Days at most',
  email: 'E-mail',
  count: 'Units',
  policy: 'Usage policy',
};

/** A member's name as people read it: `ends_at` is `Ends at`. */
export function memberWords(member: string): string {
  const spaced = member.replaceAll('_', ' ');
  return WORDS[member] ?? spaced.charAt(0).toUpperCase() + spaced.slice(1);
}

const plain = (value: unknown): string =>
  value === undefined ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value);

/** Changes in one line, as the API names things: `dedicated: 1 -> 3, draining_to: 2`. */
export const changesInLine = (changes: readonly Change[]): string =>
  changes
    .map(({ member, before, after, kind }) => {
      if (kind === 'added') return `${member}: ${plain(after)}`;
      return kind === 'same' ? `${member}: ${plain(after)}` : `${member}: ${plain(before)} -> ${plain(after)}`;
    })
    .join(', ');
