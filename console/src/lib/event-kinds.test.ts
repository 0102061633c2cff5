// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { EVENT_KINDS, kindChoices, kindWords } from './event-kinds';

test.each([
  ['session.acquired', 'Session acquired'],
  ['usage-policy.changed', 'Usage policy changed'],
  ['api-key.revoked', 'API key revoked'],
  ['seat.machine-removed', 'Seat machine removed'],
  ['thing.new', 'Thing new'],
  ['session', 'Session'],
])('%s reads %s', (kind, words) => expect(kindWords(kind)).toBe(words));

test('the filter offers every kind that an account has in its history, and no other', () => {
  const header = readFileSync(new URL('../../../src/engine/fact.h', import.meta.url), 'utf8');
  const server = [...header.matchAll(/"([a-z-]+\.[a-z-]+)", false\)/g)].map((found) => found[1] as string);
  const ours = EVENT_KINDS.flatMap(({ prefix, kinds }) => kinds.map((kind) => `${prefix}.${kind}`));
  expect(server.length).toBeGreaterThan(30);
  expect([...ours].sort()).toEqual(server.filter((kind) => !kind.startsWith('product.')).sort());
});

test('a kind that only the link knows can still be seen as chosen', () => {
  expect(kindChoices('session').flatMap(({ kinds }) => kinds)).toContain('session');
  expect(kindChoices('thing.new')[0]).toEqual({ title: 'From the link', kinds: ['thing.new'] });
  expect(kindChoices(undefined)).toHaveLength(EVENT_KINDS.length);
});
