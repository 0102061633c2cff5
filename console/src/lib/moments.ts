// SPDX-License-Identifier: Apache-2.0
// Times as people read them: in the reader's own zone and language, or how long ago.

const at = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
const exactly = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
const dayOnly = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' });
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });

const formats = { minute: at, second: exactly, day: dayOnly };
export type Precision = keyof typeof formats;

/** A moment in the reader's zone. */
export const local = (moment: string, precision: Precision = 'minute'): string =>
  formats[precision].format(new Date(moment));

/** A moment in UTC, to the second: `2026-11-24 06:34:16 UTC`. */
export const utc = (moment: string): string =>
  new Date(moment)
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, ' UTC');

const steps: ReadonlyArray<[Intl.RelativeTimeFormatUnit, number]> = [
  ['year', 365 * 86_400],
  ['month', 30 * 86_400],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
];

/** How long before or after `now` (both in ms) a moment is: `3 minutes ago`, `in 2 hours`, `now`. */
export function ago(moment: string, now: number): string {
  const seconds = Math.round((Date.parse(moment) - now) / 1000);
  const [unit, size] = steps.find(([, length]) => Math.abs(seconds) >= length) ?? ['second', 1];
  return relative.format(Math.trunc(seconds / size), unit);
}

/** A length of time in its two greatest units: `2 h 5 min`, `45 s`. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const parts: Array<[number, string]> = [
    [Math.floor(whole / 86_400), 'd'],
    [Math.floor((whole % 86_400) / 3600), 'h'],
    [Math.floor((whole % 3600) / 60), 'min'],
    [whole % 60, 's'],
  ];
  const first = parts.findIndex(([count]) => count > 0);
  if (first < 0) return '0 s';
  return parts
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(' ');
}
