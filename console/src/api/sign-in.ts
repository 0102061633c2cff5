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

/**
 * A password as it is sent: composed, so that the same letters from another keyboard are the same bytes. The server
 * compares bytes.
 */
export const composed = (password: string): string => password.normalize('NFC');

/** Signs in; the server sets a cookie that this page cannot read. */
export async function signIn(credential: SignIn): Promise<Who> {
  const body = 'key' in credential ? credential : { ...credential, password: composed(credential.password) };
  return remember(await ask(api.POST('/v1/sign-in', { body })));
}

/** Takes up an invitation: sets the password, and is signed in. */
export const acceptInvitation = async (token: string, password: string): Promise<Who> =>
  remember(await ask(api.POST('/v1/invitations:accept', { body: { token, password: composed(password) } })));

/** Ends this sign-in. */
export async function signOut(): Promise<void> {
  await ask(api.DELETE('/v1/sign-in'));
  setCsrfToken(null);
}
