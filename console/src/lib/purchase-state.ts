// SPDX-License-Identifier: Apache-2.0
// Where a purchase stands in time.
import type { Purchase } from '$/api/schema';

export type PurchaseState = 'in_force' | 'upcoming' | 'ended';

/** By the server's own word whether it is in force; else by its dates and the time now (ms). */
export function purchaseState(purchase: Pick<Purchase, 'in_force' | 'starts_at'>, now: number): PurchaseState {
  if (purchase.in_force) return 'in_force';
  return purchase.starts_at !== null && Date.parse(purchase.starts_at) > now ? 'upcoming' : 'ended';
}
