// SPDX-License-Identifier: Apache-2.0
// A dedication that is about to be set: what stands in its way, and what it would change.
import type { PoolRow } from '$/api/schema';
import { figure, givenOn } from './figures';

const MOST = 1_000_000_000_000;

/** The number that was typed; null where it is none, negative, broken or beyond the contract's greatest. */
export function typedCount(typed: string): number | null {
  const plain = typed.trim().replace(/(?<=\d)[ ,_](?=\d{3}(?:\D|$))/g, '');
  if (!/^\d+$/.test(plain)) return null;
  const count = Number(plain);
  return count <= MOST ? count : null;
}

/** What a level cannot go below without taking from somebody: dedicated to its children, and assigned. */
export const inUse = (row: PoolRow): number => givenOn(row) + row.assigned;

/** How many a level could have at once: what it has, and what its parent has left; null where that is not known. */
export const mostAtOnce = (row: PoolRow, parent: PoolRow | null): number | null =>
  parent === null ? null : row.dedicated + parent.available;

/** A figure before and after. */
export type Step = [before: number | null, after: number];

export interface Effect {
  level: string;
  name: string;
  row: PoolRow;
  dedicated: Step;
  pool: Step;
  available: Step;
}

/** What a change makes of the levels that it touches; those that it leaves as they were are left out. */
export function effects(before: readonly PoolRow[], after: readonly PoolRow[]): Effect[] {
  const known = new Map(before.map((row) => [`${row.product} ${row.level}`, row]));
  return after
    .map((row) => {
      const old = known.get(`${row.product} ${row.level}`);
      const step = (of: 'dedicated' | 'pool' | 'available'): Step => [old?.[of] ?? null, row[of]];
      return {
        ...{ level: row.level, name: row.name, row },
        ...{ dedicated: step('dedicated'), pool: step('pool'), available: step('available') },
      };
    })
    .filter(
      (one) =>
        [one.dedicated, one.pool, one.available].some(([old, now]) => old !== now) ||
        one.row.draining_to !== undefined ||
        one.row.filling_to !== undefined,
    );
}

const NAMED = 5;

/** The children that have something of a level, in words: `Lighting 5, Rigging 2 and 3 more`; empty without any. */
export function toldChildren(rows: readonly PoolRow[], level: string): string {
  const children = rows.filter((row) => row.parent === level && row.dedicated > 0);
  const told = children.slice(0, NAMED).map((row) => `${row.name} ${figure(row.dedicated)}`);
  return told.join(', ') + (children.length > NAMED ? ` and ${children.length - NAMED} more` : '');
}
