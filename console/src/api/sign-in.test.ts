// SPDX-License-Identifier: Apache-2.0
import { afterEach, expect, it, vi } from 'vitest';
import { acceptInvitation, signIn } from './sign-in';

const sent = () => JSON.parse(String(vi.mocked(fetch).mock.calls[0]?.[1]?.body));

afterEach(() => vi.unstubAllGlobals());

it('a password is sent composed, whatever keyboard it came from', async () => {
  for (const call of [
    () => signIn({ account: 'AC-1', email: 'a@example.com', password: 'cafe\u0301 au lait noir' }),
    () => acceptInvitation('ushi_1.1.x', 'cafe\u0301 au lait noir'),
  ]) {
    vi.stubGlobal(
      'fetch',
      vi.fn(async () => new Response('{}')),
    );
    await call();
    expect(sent().password).toBe('caf\u00e9 au lait noir');
  }
});

it('the operator’s key is sent as it is', async () => {
  vi.stubGlobal(
    'fetch',
    vi.fn(async () => new Response('{}')),
  );
  await signIn({ key: 'a-key-of-32-characters-0123456789' });
  expect(sent()).toEqual({ key: 'a-key-of-32-characters-0123456789' });
});
