// SPDX-License-Identifier: Apache-2.0
// The account's own figures, product by product.
import { api, ask } from '$/api/client';
import { asProblem, type Problem } from '$/api/problem';
import type { PoolRow } from '$/api/schema';

const MOST = 1000;

export class AccountPools {
  rows = $state.raw<PoolRow[]>([]);
  problem = $state.raw<Problem | null>(null);

  constructor(private readonly account: () => string) {}

  /** Reads them, or again; what was read before stays until then. */
  async read(): Promise<void> {
    const account = this.account();
    const params = { path: { account }, query: { level: account, limit: MOST } };
    try {
      this.rows = (await ask(api.GET('/v1/accounts/{account}/pools', { params }))).items;
      this.problem = null;
    } catch (thrown) {
      this.problem = asProblem(thrown);
    }
  }
}
