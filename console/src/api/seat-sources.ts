// SPDX-License-Identifier: Apache-2.0
// From where a user's seat can come: the user's organization, those above it, and the account itself.
import type { PoolRow } from './schema';
import { api, ask } from './client';
import { asProblem } from './problem';

async function readRow(account: string, product: string, level: string): Promise<PoolRow | null> {
  const params = { path: { account }, query: { product, level, limit: 1 } };
  const page = await ask(api.GET('/v1/accounts/{account}/pools', { params })).catch((thrown) => {
    // What is outside the reader's scope is not there.
    if (asProblem(thrown).status === 404) return { items: [] };
    throw thrown;
  });
  return page.items[0] ?? null;
}

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
    const row: PoolRow | null = await readRow(account, product, level);
    if (row === null) break;
    sources.push(row);
    level = row.parent;
  }
  return sources;
}
