// SPDX-License-Identifier: Apache-2.0
// What the console works out about sessions, beside what the server tells.
import type { Role, Session } from '$/api/schema';
import { duration } from './moments';

type Lease = Pick<Session, 'borrowed' | 'expires_at' | 'started_at' | 'ttl_s'>;

/** When the program was last heard: its last heartbeat, or its start. A lent one is never heard: null. */
export function lastHeard(session: Lease): string | null {
  if (session.borrowed) return null;
  const heard = Date.parse(session.expires_at) - session.ttl_s * 1000;
  return new Date(Math.max(heard, Date.parse(session.started_at))).toISOString();
}

/** How much of its lease is left at `now` (ms): 1 right after a heartbeat, 0 at its end. */
export function leaseLeft(session: Lease, now: number): number {
  const left = (Date.parse(session.expires_at) - now) / (session.ttl_s * 1000);
  return Math.min(1, Math.max(0, left));
}

/** A length of time in its greatest unit, for rows: `26 min`, `23 h`, `6 d`. */
export const briefly = (seconds: number): string => duration(seconds).split(' ').slice(0, 2).join(' ');

interface Reader {
  role: Role;
  user: string | null;
}

/** How the reader may end a session: with a reason as well, only give it back, or not at all. */
export function mayEnd(who: Reader, session: Pick<Session, 'state' | 'user'>): 'revoke' | 'release' | null {
  if (session.state !== 'active') return null;
  if (who.role === 'operator' || who.role === 'account_admin' || who.role === 'org_admin') return 'revoke';
  return who.user !== null && who.user === session.user ? 'release' : null;
}
