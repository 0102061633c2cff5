// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { changesInLine, changesOf, mainChanges, memberWords } from './changes';

const session = { id: 'SN-1', product: 'KRE', state: 'active', expires_at: '2026-11-24T10:00:00.000Z' };

describe('changesOf', () => {
  test('tells each member apart, in the order of the thing as it is now', () => {
    const before = { organization: 'OG-1', dedicated: 1, draining_to: 0, note: null };
    const after = { organization: 'OG-1', dedicated: 3, filling_to: 5 };
    expect(changesOf(before, after).map(({ member, kind }) => `${member} ${kind}`)).toEqual([
      'organization same',
      'dedicated changed',
      'filling_to added',
      'draining_to removed',
    ]);
  });
  test('of a thing that came to be, all is new; of one that is gone, all went', () => {
    expect(changesOf(null, { name: 'Film' })).toEqual([
      { member: 'name', before: undefined, after: 'Film', kind: 'added' },
    ]);
    expect(changesOf({ name: 'Film' }, null)).toEqual([
      { member: 'name', before: 'Film', after: undefined, kind: 'removed' },
    ]);
    expect(changesOf(null, null)).toEqual([]);
  });
  test('false and 0 are values, and lists are compared by what is in them', () => {
    expect(changesOf({ fallback: true, n: 1, ids: ['a'] }, { fallback: false, n: 0, ids: ['a'] })).toMatchObject([
      { kind: 'changed', after: false },
      { kind: 'changed', after: 0 },
      { kind: 'same' },
    ]);
  });
});

describe('mainChanges', () => {
  test('of a change, what differs', () => {
    const ended = { ...session, state: 'revoked', reason: 'moved', expires_at: '2026-11-24T11:00:00.000Z' };
    expect(mainChanges(session, ended).map(({ member }) => member)).toEqual(['state', 'reason']);
  });
  test('of a new thing, what it is, and not what every event tells', () => {
    expect(mainChanges(null, session).map(({ member }) => member)).toEqual(['product']);
  });
  test('a thing that is nothing but its id still shows', () => {
    expect(mainChanges(null, { id: 'SI-1', created_at: 'x' }).map(({ member }) => member)).toEqual([
      'id',
      'created_at',
    ]);
  });
});

test('a line, as the command line tells it', () => {
  expect(changesInLine(mainChanges({ dedicated: 1 }, { dedicated: 3, draining_to: 2 }))).toBe(
    'dedicated: 1 -> 3, draining_to: 2',
  );
  expect(changesInLine(mainChanges({ ends_at: 'x' }, {}))).toBe('ends_at: x -> ');
});

test.each([
  ['ends_at', 'Ends at'],
  ['ttl_s', 'Lease time'],
  ['machines_per_seat', 'Machines per seat'],
])('%s reads %s', (member, words) => expect(memberWords(member)).toBe(words));
