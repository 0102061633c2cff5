// SPDX-License-Identifier: Apache-2.0
// Signing in and out, and who is signed in.
import { api, ask, setCsrfToken } from './client';
import type { SignIn, Whoami } from './schema';

/** Who is signed in. */
export type Who = Whoami;

function remember(who: Who): Who {
  setCsrfToken(who.csrf_token);
  return who;
}

/** Who is signed in already; throws the problem `unauthenticated` where nobody is. */
export const whoami = async (): Promise<Who> => remember(await ask(api.GET('/v1/whoami')));

/** Signs in; the server sets a cookie that this page cannot read. */
export const signIn = async (credential: SignIn): Promise<Who> =>
  remember(await ask(api.POST('/v1/sign-in', { body: credential })));

/** Takes up an invitation: sets the password, and is signed in. */
export const acceptInvitation = async (token: string, password: string): Promise<Who> =>
  remember(await ask(api.POST('/v1/invitations:accept', { body: { token, password } })));

/** Ends this sign-in. */
export async function signOut(): Promise<void> {
  await ask(api.DELETE('/v1/sign-in'));
  setCsrfToken(null);
}
