// SPDX-License-Identifier: Apache-2.0
// The figures of one product: of the level that is the reader's own, and of the tree below it, page by page.
import { api, ask } from '$/api/client';
import { readLevel } from '$/api/levels';
import { asProblem, type Problem } from '$/api/problem';
import type { PoolRow } from '$/api/schema';

const PAGE = 1000;

export interface Query {
  account: string;
  product: string;
  /** The reader's own level. */
  top: string;
  /** Levels without dedications, too. */
  all: boolean;
  /** Only this level, or null. */
  only: string | null;
}

interface PoolPage {
  after: string | undefined;
  rows: PoolRow[];
  next: string | null;
}

export class Pools {
  top = $state.raw<PoolRow | null>(null);
  state = $state<'loading' | 'ready' | 'failed'>('loading');
  problem = $state.raw<Problem | null>(null);
  #pages = $state.raw<PoolPage[]>([]);
  #last: Promise<void> = Promise.resolve();
  #isReadingMore = false;
  readonly query: Query;
  /** The rows read so far, depth first. */
  readonly rows = $derived(this.#pages.flatMap((page) => page.rows));

  constructor(query: Query) {
    this.query = query;
  }

  get hasMore(): boolean {
    return (this.#pages.at(-1)?.next ?? null) !== null;
  }

  /** Reads the top and the first page. */
  async load(): Promise<void> {
    await this.#guarded(async () => {
      const [top, first] = await Promise.all([this.#readTop(), this.#read(undefined)]);
      this.top = top;
      this.#pages = [first];
    });
  }

  /** Reads the next page, if there is one and it is not being read already. */
  async more(): Promise<void> {
    if (this.#isReadingMore) return;
    this.#isReadingMore = true;
    await this.#guarded(async () => {
      const next = this.#pages.at(-1)?.next ?? null;
      if (next !== null) this.#pages = [...this.#pages, await this.#read(next)];
    });
    this.#isReadingMore = false;
  }

  /**
   * Reads again what is shown: the top and the page in which the row at an index of `rows` stands; without one, all
   * pages that were read.
   */
  async refresh(index?: number): Promise<void> {
    await this.#guarded(async () => {
      this.top = await this.#readTop();
      const [from, to] = index === undefined ? [0, this.#pages.length] : this.#pageOf(index);
      for (let i = from; i < to && i < this.#pages.length; i += 1) await this.#renew(i);
    });
  }

  #pageOf(index: number): [number, number] {
    let before = 0;
    const at = this.#pages.findIndex((page) => (before += page.rows.length) > index);
    return at < 0 ? [0, 0] : [at, at + 1];
  }

  // Where a page ends elsewhere than before, those after it do not join it any more: they are read again when needed.
  async #renew(i: number): Promise<void> {
    const old = this.#pages[i] as PoolPage;
    const page = await this.#read(old.after);
    const joins = page.next === old.next;
    this.#pages = [...this.#pages.slice(0, i), page, ...(joins ? this.#pages.slice(i + 1) : [])];
  }

  // One reading after another, so that none joins pages that another has just replaced.
  #guarded(read: () => Promise<void>): Promise<void> {
    this.#last = this.#last.then(async () => {
      try {
        await read();
        this.state = 'ready';
        this.problem = null;
      } catch (thrown) {
        this.state = 'failed';
        this.problem = asProblem(thrown);
      }
    });
    return this.#last;
  }

  #readTop(): Promise<PoolRow | null> {
    return readLevel(this.query.account, this.query.product, this.query.top);
  }

  async #read(after: string | undefined): Promise<PoolPage> {
    const { account, product, all, only } = this.query;
    const filter = only === null ? (all ? {} : { dedicated: true }) : { level: only };
    const query = { product, limit: PAGE, ...(after === undefined ? {} : { after }), ...filter };
    const page = await ask(api.GET('/v1/accounts/{account}/pools', { params: { path: { account }, query } }));
    return { after, rows: page.items, next: page.next };
  }
}
