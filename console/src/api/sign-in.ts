// SPDX-License-Identifier: Apache-2.0
// Signing in and out, and who is signed in.
import { setCsrfToken } from './client';
import { problemOf } from './problem';
import type { Role } from './schema';

/** Who is signed in: the answer of GET /v1/whoami. */
export interface Who {
  role: Role;
  key: string | null;
  user: string | null;
  organization: string | null;
  account: string | null;
  name?: string | null;
  email?: string | null;
  account_name?: string | null;
  csrf_token?: string | null;
}

async function send(
  method: string,
  path: string,
  body?: object,
  headers: Record<string, string> = {},
): Promise<Response> {
  const response = await fetch(path, {
    method,
    headers: body ? { 'Content-Type': 'application/json', ...headers } : headers,
    body: body ? JSON.stringify(body) : null,
  });
  if (!response.ok) throw problemOf(await response.json().catch(() => null), response);
  return response;
}

async function remember(response: Response): Promise<Who> {
  const who = (await response.json()) as Who;
  setCsrfToken(who.csrf_token ?? null);
  return who;
}

/** Who is signed in already; throws the problem `unauthenticated` where nobody is. */
export const whoami = async (): Promise<Who> => remember(await send('GET', '/v1/whoami'));

export type Credential = { account: string; email: string; password: string } | { key: string };

/** Signs in; the server sets a cookie that this page cannot read. */
export const signIn = async (credential: Credential): Promise<Who> =>
  remember(await send('POST', '/v1/sign-in', credential));

/** Takes up an invitation: sets the password, and is signed in. */
export const acceptInvitation = async (token: string, password: string): Promise<Who> =>
  remember(await send('POST', '/v1/invitations:accept', { token, password }));

/** Ends this sign-in. */
export async function signOut(csrf: string | null): Promise<void> {
  await send('DELETE', '/v1/sign-in', undefined, csrf ? { 'X-CSRF-Token': csrf } : {});
  setCsrfToken(null);
}
