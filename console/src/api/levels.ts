// SPDX-License-Identifier: Apache-2.0
// The figures of single levels.
import { api, ask } from './client';
import { asProblem } from './problem';
import type { PoolRow } from './schema';

/** The row of one level, or null where there is none that the reader may see. */
export async function readLevel(account: string, product: string, level: string): Promise<PoolRow | null> {
  const params = { path: { account }, query: { product, level, limit: 1 } };
  const page = await ask(api.GET('/v1/accounts/{account}/pools', { params })).catch((thrown) => {
    if (asProblem(thrown).status === 404) return { items: [] };
    throw thrown;
  });
  return page.items[0] ?? null;
}
