// SPDX-License-Identifier: Apache-2.0
// Between a moment of the API and what a field for date and time holds, which is in the reader's zone.

const two = (count: number): string => String(count).padStart(2, '0');

/** `2026-11-24T07:34`, in the reader's zone; with seconds where there are some. Empty for what is no moment. */
export function toField(moment: string | null | undefined): string {
  const date = moment ? new Date(moment) : null;
  if (date === null || Number.isNaN(date.getTime())) return '';
  const day = `${String(date.getFullYear()).padStart(4, '0')}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  const time = `${two(date.getHours())}:${two(date.getMinutes())}`;
  return `${day}T${time}${date.getSeconds() > 0 ? `:${two(date.getSeconds())}` : ''}`;
}

/** The moment in UTC that a field means; null where it is empty, or not filled in to the end. */
export function fromField(value: string): string | null {
  const date = new Date(value);
  return value === '' || Number.isNaN(date.getTime()) ? null : date.toISOString();
}
