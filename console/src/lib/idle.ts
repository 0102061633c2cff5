// SPDX-License-Identifier: Apache-2.0
// For how long a seat has not been used, to find those that somebody else could use.

const DAY_S = 86_400;

/** What the filter offers, in days, and its words. */
export const IDLE_CHOICES: ReadonlyArray<{ days: string; title: string }> = [
  { days: '', title: 'All seats' },
  { days: '7', title: 'Idle for a week' },
  { days: '30', title: 'Idle for 30 days' },
  { days: '90', title: 'Idle for 90 days' },
];

/** The server's filter for a number of days as it stands in the URL; undefined where that is none. */
export function idleSeconds(days: string | undefined): number | undefined {
  return days !== undefined && /^[1-9]\d{0,2}$/.test(days) ? Number(days) * DAY_S : undefined;
}
