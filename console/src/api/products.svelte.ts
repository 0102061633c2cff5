// SPDX-License-Identifier: Apache-2.0
// The products that there are: a short list, which many filters and forms choose from. Read once, and again on demand.
import { api, ask } from './client';
import type { Product } from './schema';

const MOST = 1000;

let all = $state.raw<Product[] | null>(null);
let reading: Promise<void> | null = null;

async function read(): Promise<void> {
  const items: Product[] = [];
  let after: string | undefined;
  do {
    const page = await ask(api.GET('/v1/products', { params: { query: { limit: MOST, after } } }));
    items.push(...page.items);
    after = page.next ?? undefined;
  } while (after !== undefined);
  all = items;
}

export const products = {
  /** By code; null until they have been read. Whoever reads this has called `readProducts`. */
  get all(): readonly Product[] | null {
    return all;
  },
};

/** Reads the products, if that has not been done; `anew` after one was made or changed. Throws a Problem. */
export function readProducts({ anew = false } = {}): Promise<void> {
  if (reading === null || anew) {
    reading = read();
    reading.catch(() => (reading = null));
  }
  return reading;
}
