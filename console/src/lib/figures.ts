// SPDX-License-Identifier: Apache-2.0
// The four figures of a level, as people read them.
import type { PoolRow } from '$/api/schema';

const grouped = new Intl.NumberFormat('en');
const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });
const COMPACT_FROM = 10_000_000;

/** A number of licenses: `1,234`; from ten million on short: `1.2B`. */
export const figure = (count: number): string => (count < COMPACT_FROM ? grouped : compact).format(count);

/** `1 license`, `2 licenses`. */
export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${grouped.format(count)} ${count === 1 ? one : many}`;

type Figures = Pick<PoolRow, 'dedicated' | 'pool' | 'assigned' | 'available' | 'over_committed'>;

/** What a level has dedicated to its children; more than it has, where it is over-committed by that. */
export const givenOn = (row: Figures): number =>
  row.over_committed === undefined ? row.dedicated - row.pool : row.dedicated + row.over_committed - row.assigned;

/** Parts of the whole bar, in per cent; what is beyond `dedicated` makes the bar longer than the level. */
export interface Shares {
  given: number;
  assigned: number;
  free: number;
  /** Where in the bar the level's own number ends: 100, unless it is over-committed. */
  limit: number;
}

export function shares(row: Figures): Shares {
  const given = givenOn(row);
  const whole = Math.max(row.dedicated, given + row.assigned);
  if (whole === 0) return { given: 0, assigned: 0, free: 0, limit: 100 };
  const part = (count: number): number => (100 * count) / whole;
  return {
    given: part(given),
    assigned: part(row.assigned),
    free: part(Math.max(0, row.dedicated - given - row.assigned)),
    limit: part(row.dedicated),
  };
}

/** How much of what a level has is given on or in use, in whole per cent: 100 only when all is, 0 only when nothing. */
export function usedPercent(row: Figures): number {
  const used = givenOn(row) + row.assigned;
  if (row.dedicated === 0) return used > 0 ? 100 : 0;
  const percent = (100 * used) / row.dedicated;
  if (used > 0 && percent < 1) return 1;
  return used < row.dedicated ? Math.min(99, Math.round(percent)) : Math.round(percent);
}

/** The bar in words. */
export function toldBar(row: Figures): string {
  const parts = [`${grouped.format(row.assigned)} assigned`, `${grouped.format(row.available)} available`];
  if (givenOn(row) > 0) parts.unshift(`${grouped.format(givenOn(row))} dedicated below`);
  return `${parts.join(', ')}, of ${grouped.format(row.dedicated)}`;
}
