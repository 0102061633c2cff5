// SPDX-License-Identifier: Apache-2.0
// The one way to the server: a client typed by openapi.yaml, that carries the sign-in's token and throws problems.
import createClient, { type Middleware } from 'openapi-fetch';
import { problemOf } from './problem';
import type { paths } from './schema';

let csrfToken: string | null = null;
let signedOut: () => void = () => {};

/** Sets what is sent as X-CSRF-Token with each change; null where there is no cookie. */
export function setCsrfToken(token: string | null): void {
  csrfToken = token;
}

/** Names what is called when the server no longer knows the sign-in. */
export function onSignedOut(call: () => void): void {
  signedOut = call;
}

const signIn: Middleware = {
  onRequest({ request }) {
    if (csrfToken !== null && request.method !== 'GET') request.headers.set('X-CSRF-Token', csrfToken);
    return request;
  },
  onResponse({ response, schemaPath }) {
    if (response.status === 401 && !schemaPath.endsWith('sign-in') && !schemaPath.endsWith(':accept')) signedOut();
    return response;
  },
};

// fetch is looked up at each call, so that it can be stood in for.
export const api = createClient<paths>({ baseUrl: globalThis.location?.origin, fetch: (request) => fetch(request) });
api.use(signIn);

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/**
 * The data of an answer, or the thrown Problem: `const user = await ask(api.GET('/v1/…', {params: {…}}))`.
 * An answer without a body is undefined.
 */
export async function ask<T>(call: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await call;
  if (!response.ok) throw problemOf(error, response);
  return data as T;
}
