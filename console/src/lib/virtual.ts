// SPDX-License-Identifier: Apache-2.0
// Which rows of a long list are worth drawing.

export interface Range {
  /** The first row to draw, and the one after the last. */
  from: number;
  to: number;
}

const SPARE = 10;

/**
 * The rows in view, with some spare above and below. `above` is how far the list's top has been scrolled out of the
 * window (negative: it is still below the window's top); all lengths are in pixels.
 */
export function rangeInView(count: number, rowHeight: number, above: number, windowHeight: number): Range {
  const first = Math.floor(above / rowHeight) - SPARE;
  const last = Math.ceil((above + windowHeight) / rowHeight) + SPARE;
  const from = Math.min(Math.max(0, first), count);
  return { from, to: Math.max(from, Math.min(count, last)) };
}
