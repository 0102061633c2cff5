// SPDX-License-Identifier: Apache-2.0
// From where a user's seat can come: the user's organization, those above it, and the account itself.
import { readLevel } from './levels';
import type { PoolRow } from './schema';

/**
 * The pools that a seat of the product for a user of `organization` (null: of none) may be drawn from, nearest first,
 * as far up as the reader may see. Throws a Problem.
 */
export async function readSeatSources(
  account: string,
  product: string,
  organization: string | null,
): Promise<PoolRow[]> {
  const sources: PoolRow[] = [];
  let level: string | null = organization ?? account;
  while (level !== null) {
    const row: PoolRow | null = await readLevel(account, product, level);
    if (row === null) break;
    sources.push(row);
    level = row.parent;
  }
  return sources;
}
