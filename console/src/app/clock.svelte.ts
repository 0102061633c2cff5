// SPDX-License-Identifier: Apache-2.0
// The present, for what is told as "3 minutes ago": one timer for all, and none while nobody looks.
import { createSubscriber } from 'svelte/reactivity';

const EVERY_MS = 1000;

const follow = createSubscriber((update) => {
  const timer = setInterval(update, EVERY_MS);
  return () => clearInterval(timer);
});

/** Now, in ms; a component that reads it is drawn again every second. */
export function now(): number {
  follow();
  return Date.now();
}
