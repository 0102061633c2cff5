// SPDX-License-Identifier: Apache-2.0
// Reads again and again what a page shows, while somebody looks at it. Away from the tab it rests; when the server is
// away it asks less and less often.

export interface Watched {
  /** Whether nobody looks, and how to be told that this has changed; the answer stops it. */
  hidden: () => boolean;
  listen: (changed: () => void) => () => void;
}

const tab: Watched = {
  hidden: () => document.hidden,
  listen: (changed) => {
    document.addEventListener('visibilitychange', changed);
    return () => document.removeEventListener('visibilitychange', changed);
  },
};

const RARELY_MS = 30_000;

export class Poll {
  /** When it last succeeded, in ms; null before that. */
  succeededAt = $state<number | null>(null);
  /** Whether the last reading failed. */
  failing = $state(false);
  /** Whether the reader has stopped it. */
  paused = $state(false);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;
  #reading = false;
  readonly #unlisten: () => void;

  /** `read` answers whether it succeeded, and throws nothing. Polling begins with `start`. */
  constructor(
    private readonly read: () => Promise<boolean>,
    private readonly everyMs = 4000,
    private readonly watched: Watched = tab,
  ) {
    this.#unlisten = watched.listen(() => this.#wake());
  }

  /** Reads at once, and from then on. */
  async start(): Promise<void> {
    clearTimeout(this.#timer);
    if (this.#reading) return;
    this.#reading = true;
    const succeeded = await this.read();
    this.#reading = false;
    this.failing = !succeeded;
    this.#failures = succeeded ? 0 : this.#failures + 1;
    if (succeeded) this.succeededAt = Date.now();
    this.#schedule();
  }

  /** Stops or goes on, as the reader wishes. */
  toggle(): void {
    this.paused = !this.paused;
    this.#wake();
  }

  /** For when the page is left. */
  stop(): void {
    this.paused = true;
    clearTimeout(this.#timer);
    this.#unlisten();
  }

  #wake(): void {
    clearTimeout(this.#timer);
    if (!this.paused && !this.watched.hidden()) void this.start();
  }

  #schedule(): void {
    if (this.paused || this.watched.hidden()) return;
    const wait = Math.min(this.everyMs * 2 ** Math.min(this.#failures, 10), RARELY_MS);
    this.#timer = setTimeout(() => void this.start(), wait);
  }
}

interface Refreshed {
  readonly state: string;
  refresh: () => Promise<void>;
}

/** Follows what happens in lists; it fails when the first of them does. */
export const following = (first: Refreshed, ...others: Refreshed[]): Poll =>
  new Poll(async () => {
    await Promise.all([first, ...others].map((list) => list.refresh()));
    return first.state !== 'failed';
  });
