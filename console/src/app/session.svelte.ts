// SPDX-License-Identifier: Apache-2.0
// Who is signed in. The cookie is the browser's and the server's; this page knows only what whoami tells.
import { onSignedOut, setCsrfToken } from '$/api/client';
import { forget, learn } from '$/api/names.svelte';
import { asProblem, type Problem } from '$/api/problem';
import { signOut, whoami, type Who } from '$/api/sign-in';
import { safeNext } from '$/lib/route';
import { location, navigate } from './location.svelte';

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
  who = found;
  state = 'in';
  if (found.account && found.account_name) learn(found.account, { name: found.account_name, detail: null });
}

/** Remembers who has just signed in, and goes to where they wanted to. */
export function enter(arrived: Who, next: string | null): void {
  forget();
  known(arrived);
  navigate(safeNext(next) ?? '/', { replace: true });
}

function leave(): void {
  setCsrfToken(null);
  forget();
  who = null;
  state = 'out';
}

/** Asks the server who is signed in. */
export async function start(): Promise<void> {
  onSignedOut(leave);
  state = 'unknown';
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
    await signOut(who?.csrf_token ?? null);
  } catch (thrown) {
    if (asProblem(thrown).status !== 401) throw thrown;
  }
  leave();
  navigate('/sign-in', { replace: true });
}

/** The path of the sign-in page that leads back to here. */
export function signInPath(): string {
  const here = location.path + (location.query.size > 0 ? `?${location.query}` : '');
  return here === '/' ? '/sign-in' : `/sign-in?next=${encodeURIComponent(here)}`;
}
