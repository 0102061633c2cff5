// SPDX-License-Identifier: Apache-2.0
// What stands in the way of deleting an organization, and where each can be seen.
import { counted } from './figures';
import { withFilters } from './filters';

export interface Obstacle {
  text: string;
  href: string | null;
}

const WAYS: ReadonlyArray<{ member: string; one: string; at: (id: string) => string | null }> = [
  { member: 'organizations', one: 'sub-organization', at: () => null },
  { member: 'users', one: 'user', at: (id) => withFilters('users', { organization: id }) },
  { member: 'projects', one: 'project', at: (id) => withFilters('projects', { organization: id }) },
  { member: 'seats', one: 'seat', at: (id) => withFilters('seats', { level: id }) },
  { member: 'sessions', one: 'active session', at: (id) => withFilters('sessions', { level: id }) },
];

/** From the members of a refusal `not-empty`: each kind that there is some of, with a link to it. */
export function obstaclesOf(account: string, id: string, members: Record<string, unknown>): Obstacle[] {
  return WAYS.flatMap(({ member, one, at }) => {
    const count = members[member];
    const page = at(id);
    if (typeof count !== 'number' || count === 0) return [];
    return [{ text: counted(count, one), href: page === null ? null : `/accounts/${account}/${page}` }];
  });
}
