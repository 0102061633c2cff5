// SPDX-License-Identifier: Apache-2.0
// Who is signed in. The cookie is the browser's and the server's; this page knows only what whoami tells.
import { onSignedOut, setCsrfToken } from '$/api/client';
import { forget, learn } from '$/api/names.svelte';
import { asProblem, type Problem } from '$/api/problem';
import { signOut, whoami, type Who } from '$/api/sign-in';
import { safeNext } from '$/lib/route';
import { location, navigate } from './location.svelte';

// Other windows of this browser share the cookie: they look again when one of them signs in or out.
const others = new BroadcastChannel('usher-sign-in');

// That somebody has signed in here: without it the server need not be asked on the way to the sign-in page. The cookie
// itself cannot be seen from here; the mark is a hint, and no secret.
const MARK = 'usher-signed-in';

function mark(isIn: boolean): void {
  try {
    if (isIn) localStorage.setItem(MARK, '1');
    else localStorage.removeItem(MARK);
  } catch {
    // storage can be forbidden; then the server is asked each time
  }
}

function maybeIn(): boolean {
  if (!['/', '/sign-in', '/invitation'].includes(location.path)) return true;
  try {
    return localStorage.getItem(MARK) !== null;
  } catch {
    return true;
  }
}

let who = $state.raw<Who | null>(null);
let state = $state<'unknown' | 'in' | 'out' | 'failed'>('unknown');
let problem = $state.raw<Problem | null>(null);

export const session = {
  /** Who is signed in; null where nobody is, or it is not known yet. */
  get who() {
    return who;
  },
  get state() {
    return state;
  },
  /** Why it is not known, in state `failed`. */
  get problem() {
    return problem;
  },
};

/** Who is signed in, for views that are shown to those only. */
export function me(): Who {
  if (who === null) throw new Error('nobody is signed in');
  return who;
}

function known(found: Who): void {
  if (found.user !== who?.user || found.account !== who?.account || found.role !== who.role) forget(found.role);
  who = found;
  state = 'in';
  mark(true);
  if (found.account && found.account_name) learn(found.account, { name: found.account_name, detail: null });
  for (const { id, name } of found.names) learn(id, { name, detail: null });
}

/** Remembers who has just signed in, and goes to where they wanted to. */
export function enter(arrived: Who, next: string | null): void {
  known(arrived);
  others.postMessage('in');
  navigate(safeNext(next) ?? '/', { replace: true });
}

function leave(): void {
  setCsrfToken(null);
  forget();
  who = null;
  state = 'out';
  mark(false);
}

/** Asks the server who is signed in, now and whenever another window says that this has changed. */
export async function start(): Promise<void> {
  onSignedOut(leave);
  others.onmessage = () => void look();
  if (maybeIn()) await look();
  else state = 'out';
}

async function look(): Promise<void> {
  try {
    known(await whoami());
  } catch (thrown) {
    problem = asProblem(thrown);
    state = problem.status === 401 ? 'out' : 'failed';
  }
}

/** Ends this sign-in; if the server does not know it any more, all the better. */
export async function leaveForGood(): Promise<void> {
  try {
    await signOut();
  } catch (thrown) {
    if (asProblem(thrown).status !== 401) throw thrown;
  }
  ended();
}

/** To the sign-in page, here and in the other windows, when the server has ended this sign-in. */
export function ended(): void {
  leave();
  others.postMessage('out');
  navigate('/sign-in', { replace: true });
}

/** The path of the sign-in page that leads back to here. */
export function signInPath(): string {
  const query = location.query.size > 0 ? `?${location.query}` : '';
  // `/?account=AC-1` is what people are given: it fills in the account.
  return location.path === '/' ? `/sign-in${query}` : `/sign-in?next=${encodeURIComponent(location.path + query)}`;
}
