// SPDX-License-Identifier: Apache-2.0
// Where in the console a thing is shown, by its id.
import type { Model, Role } from '$/api/schema';

const PAGES: Record<string, string> = { SN: 'sessions', US: 'users', DN: 'denials' };

/** The page of a thing of an account; null for what has no page of its own, or none for this role. */
export function pageOf(account: string, id: string, role: Role): string | null {
  const [, kind = '', number] = /^([A-Z]{2})-(\d+)$/.exec(id) ?? [];
  if (kind === 'US' && (role === 'member' || role === 'platform')) return null;
  const page = PAGES[kind];
  return page === undefined || number === undefined ? null : `/accounts/${account}/${page}/${id}`;
}

/** The list of those who hold what is assigned at a level: sessions or seats, by the product's model. */
export function holdersOf(account: string, model: Model, level: string, product: string): string {
  const query = new URLSearchParams({ product, level });
  return `/accounts/${account}/${model === 'seat' ? 'seats' : 'sessions'}?${query}`;
}
