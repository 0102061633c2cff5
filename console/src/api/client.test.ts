// SPDX-License-Identifier: Apache-2.0
import { beforeEach, expect, test, vi } from 'vitest';

vi.stubGlobal('location', { origin: 'http://usher.test' });
const { api, ask, onSignedOut, setCsrfToken } = await import('./client');

let sent: Request[] = [];
function answer(status: number, body: unknown): void {
  vi.stubGlobal('fetch', async (request: Request) => {
    sent.push(request);
    return new Response(body === undefined ? null : JSON.stringify(body), {
      status,
      headers: { 'Content-Type': 'application/json' },
    });
  });
}

beforeEach(() => {
  sent = [];
  setCsrfToken(null);
  onSignedOut(() => {});
});

const policy = { params: { path: { account: 'AC-1' } }, body: { policy: 'strict', fallback: false } } as const;

test('changes carry the token, reads do not', async () => {
  setCsrfToken('secret');
  answer(200, {});
  await ask(api.PUT('/v1/accounts/{account}/usage-policy', policy));
  await ask(api.GET('/v1/products'));
  expect(sent.map((one) => one.headers.get('X-CSRF-Token'))).toEqual(['secret', null]);
  expect(sent[0]?.url).toBe('http://usher.test/v1/accounts/AC-1/usage-policy');
});

test('without a cookie there is no token', async () => {
  answer(200, {});
  await ask(api.PUT('/v1/accounts/{account}/usage-policy', policy));
  expect(sent[0]?.headers.has('X-CSRF-Token')).toBe(false);
});

test('a refusal is thrown, with the figures that came along', async () => {
  answer(409, { type: '/problems/insufficient-pool', title: 'No', detail: 'Give less.', available: 5 });
  await expect(ask(api.PUT('/v1/accounts/{account}/usage-policy', policy))).rejects.toMatchObject({
    ...{ name: 'insufficient-pool', status: 409, message: 'Give less.' },
    members: { available: 5 },
  });
});

test('an answer without a body is undefined', async () => {
  answer(204, undefined);
  const path = { account: 'AC-1', user: 'US-1' };
  expect(await ask(api.DELETE('/v1/accounts/{account}/users/{user}', { params: { path } }))).toBeUndefined();
});

test('a sign-in that has ended is told, a wrong password is not', async () => {
  const ended = vi.fn();
  onSignedOut(ended);
  answer(401, { type: '/problems/unauthenticated' });
  await expect(ask(api.POST('/v1/sign-in', { body: { key: 'x' } }))).rejects.toMatchObject({ status: 401 });
  expect(ended).not.toHaveBeenCalled();
  await expect(ask(api.GET('/v1/products'))).rejects.toMatchObject({ status: 401 });
  expect(ended).toHaveBeenCalledOnce();
});
