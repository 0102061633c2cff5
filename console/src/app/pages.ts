// SPDX-License-Identifier: Apache-2.0
// Which page a path is, and which of them a role has in its navigation.
import type { Role } from '$/api/schema';
import { fill, match, type Params } from '$/lib/route';
import { pages, type Group, type Page } from '$/pages/registry';

/** The page of a path, with the parameters in it. */
export function pageAt(path: string): { page: Page; params: Params } | null {
  for (const page of pages) {
    const params = match(page.path, path);
    if (params !== null) return { page, params };
  }
  return null;
}

export interface Entry {
  href: string;
  page: Page;
}

const order: readonly Group[] = ['Operator', 'Licenses', 'People', 'Activity', 'Account'];

/** The navigation of a role, group by group; pages of an account only where there is one. */
export function navigation(role: Role, account: string | null): Array<{ group: Group; entries: Entry[] }> {
  return order
    .map((group) => ({
      group,
      entries: pages.filter((page) => page.group === group).flatMap((page) => entry(page, role, account)),
    }))
    .filter(({ entries }) => entries.length > 0);
}

function entry(page: Page, role: Role, account: string | null): Entry[] {
  const href = page.roles.includes(role) ? fill(page.path, account === null ? {} : { account }) : null;
  return href === null ? [] : [{ href, page }];
}

// Who has a better place to begin than the first page of the navigation.
const HOMES: Partial<Record<Role, string>> = { member: '/accounts/:account/sessions' };

/** Where a role begins. */
export function home(role: Role, account: string | null): string | null {
  const own = fill(HOMES[role] ?? '', account === null ? {} : { account });
  return HOMES[role] !== undefined ? own : (navigation(role, account)[0]?.entries[0]?.href ?? null);
}
