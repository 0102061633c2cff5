// SPDX-License-Identifier: Apache-2.0
// Tables as comma-separated values (RFC 4180), for spreadsheets.

export type Cell = string | number | boolean | null | undefined;

// A spreadsheet would take text that begins so for a formula, and run it: names are given by anyone.
const FORMULA = /^[=+\-@\t\r]/;

function cell(value: Cell): string {
  if (value === null || value === undefined) return '';
  if (typeof value !== 'string') return String(value);
  const safe = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** One line, with its end. */
export const csvLine = (cells: readonly Cell[]): string => cells.map(cell).join(',') + '\r\n';

/** Marks the text as UTF-8 for spreadsheets that would guess otherwise. */
export const BYTE_ORDER_MARK = '\ufeff';
