// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { obstaclesOf } from './obstacles';

it('tells only what there is, with a link to where it can be seen', () => {
  const members = { organizations: 0, users: 2, projects: 1, seats: 0, sessions: 1200 };
  expect(obstaclesOf('AC-1', 'OG-7', members)).toEqual([
    { text: '2 users', href: '/accounts/AC-1/users?organization=OG-7' },
    { text: '1 project', href: '/accounts/AC-1/projects?organization=OG-7' },
    { text: '1,200 active sessions', href: '/accounts/AC-1/sessions?level=OG-7' },
  ]);
});

it('sub-organizations are in the tree already', () => {
  expect(obstaclesOf('AC-1', 'OG-7', { organizations: 1 })).toEqual([{ text: '1 sub-organization', href: null }]);
  expect(obstaclesOf('AC-1', 'OG-7', {})).toEqual([]);
});
