// SPDX-License-Identifier: Apache-2.0
import { afterEach, expect, it, vi } from 'vitest';

// The client takes the page's own address when it is loaded.
vi.stubGlobal('location', { origin: 'http://usher.example' });
const { acceptInvitation, signIn } = await import('./sign-in');

const sent = async () => JSON.parse(await (vi.mocked(fetch).mock.calls[0]?.[0] as Request).text());
const answered = (): Response => new Response('{}', { headers: { 'Content-Type': 'application/json' } });

afterEach(() => vi.unstubAllGlobals());

it('a password is sent composed, whatever keyboard it came from', async () => {
  for (const call of [
    () => signIn({ account: 'AC-1', email: 'a@example.com', password: 'cafe\u0301 au lait noir' }),
    () => acceptInvitation('ushi_1.1.x', 'cafe\u0301 au lait noir'),
  ]) {
    vi.stubGlobal(
      'fetch',
      vi.fn(async () => answered()),
    );
    await call();
    expect((await sent()).password).toBe('caf\u00e9 au lait noir');
  }
});

it('the operator’s key is sent as it is', async () => {
  vi.stubGlobal(
    'fetch',
    vi.fn(async () => answered()),
  );
  await signIn({ key: 'a-key-of-32-characters-0123456789' });
  expect(await sent()).toEqual({ key: 'a-key-of-32-characters-0123456789' });
});
