// SPDX-License-Identifier: Apache-2.0
// What a change would do, asked of the server while it is still being thought about.
import { asProblem, type Problem } from './problem';
import type { DryRun } from './schema';

const PAUSE_MS = 200;

export class Trial {
  /** The last answer; null while there is none to what is asked now. */
  answer = $state.raw<DryRun | null>(null);
  problem = $state.raw<Problem | null>(null);
  running = $state(false);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #reading: AbortController | null = null;

  /** Asks, after a short pause in which one may go on typing; a later question takes the place of an earlier one. */
  ask(question: (signal: AbortSignal) => Promise<unknown>): void {
    this.clear();
    this.running = true;
    this.#timer = setTimeout(() => void this.#run(question), PAUSE_MS);
  }

  /** Forgets question and answer. */
  clear(): void {
    clearTimeout(this.#timer);
    this.#reading?.abort();
    this.running = false;
    this.answer = null;
    this.problem = null;
  }

  async #run(question: (signal: AbortSignal) => Promise<unknown>): Promise<void> {
    const reading = (this.#reading = new AbortController());
    try {
      const answer = (await question(reading.signal)) as DryRun;
      if (reading.signal.aborted) return;
      this.answer = answer;
    } catch (thrown) {
      if (reading.signal.aborted) return;
      this.problem = asProblem(thrown);
    }
    this.running = false;
  }
}
