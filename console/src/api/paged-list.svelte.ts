// SPDX-License-Identifier: Apache-2.0
// A list of the server's, read page by page as the reader asks for more.
import { asProblem, type Problem } from './problem';

/** A page as every list of the API answers it. */
export interface Page<T> {
  items: T[];
  next: string | null;
}

/** Reads the page after a cursor; undefined is the first. `limit` is how many items at most. */
export type FetchPage<T> = (after: string | undefined, limit: number, signal: AbortSignal) => Promise<Page<T>>;

const MOST = 1000;

export class PagedList<T> {
  /** What has been read so far; of before, while `loading` a new first page. */
  items = $state.raw<T[]>([]);
  /** `loading` the first page, `more` a further one, `ready`, or `failed`, with `problem`. */
  state = $state<'loading' | 'more' | 'ready' | 'failed'>('loading');
  problem = $state.raw<Problem | null>(null);
  #next = $state<string | null>(null);
  #reading: AbortController | null = null;
  readonly #fetch: FetchPage<T>;
  readonly #limit: number;

  constructor(fetchPage: FetchPage<T>, limit = 100) {
    this.#fetch = fetchPage;
    this.#limit = limit;
  }

  /** Whether the server has more than was read. */
  get hasMore(): boolean {
    return this.#next !== null;
  }

  /** Reads anew from the first page; what a former call still waits for is dropped. */
  async load(): Promise<void> {
    this.state = 'loading';
    await this.#read(undefined, this.#limit, (page) => page.items);
  }

  /** Reads the next page, if there is one. */
  async more(): Promise<void> {
    if (this.#next === null || this.state !== 'ready') return;
    this.state = 'more';
    await this.#read(this.#next, this.#limit, (page) => [...this.items, ...page.items]);
  }

  /** Reads again what is shown, without a skeleton in between: for lists that follow what happens. */
  async refresh(): Promise<void> {
    if (this.state === 'loading' || this.state === 'more') return;
    const shown = Math.max(this.items.length, this.#limit);
    await this.#read(undefined, shown, (page) => page.items);
  }

  /** Stops what is being read, for when the page is left. */
  stop(): void {
    this.#reading?.abort();
  }

  /** As many as `limit`, in as many calls as that takes. */
  async #all(after: string | undefined, limit: number, signal: AbortSignal): Promise<Page<T>> {
    const all = await this.#fetch(after, Math.min(limit, MOST), signal);
    while (all.next !== null && all.items.length < limit && !signal.aborted) {
      const page = await this.#fetch(all.next, Math.min(limit - all.items.length, MOST), signal);
      all.items.push(...page.items);
      all.next = page.next;
    }
    return all;
  }

  async #read(after: string | undefined, limit: number, join: (page: Page<T>) => T[]): Promise<void> {
    this.#reading?.abort();
    const reading = new AbortController();
    this.#reading = reading;
    try {
      const page = await this.#all(after, limit, reading.signal);
      if (reading.signal.aborted) return;
      this.items = join(page);
      this.#next = page.next;
      this.problem = null;
      this.state = 'ready';
    } catch (thrown) {
      if (reading.signal.aborted) return;
      this.problem = asProblem(thrown);
      this.state = 'failed';
    }
  }
}
