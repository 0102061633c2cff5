// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { csvLine } from './csv';

test.each([
  [['SN-1', 3, null, true, undefined], 'SN-1,3,,true,\r\n'],
  [['a,b', 'say "no"', 'two\nlines'], '"a,b","say ""no""","two\nlines"\r\n'],
  [[''], '\r\n'],
  [['Ünïcode ☃'], 'Ünïcode ☃\r\n'],
])('%j', (cells, line) => expect(csvLine(cells)).toBe(line));

test.each(['=1+1', '+1', '-1', '@SUM(A1)', '\tx', '\r=1'])('%j is text, not a formula', (text) =>
  expect(csvLine([text]).replaceAll('"', '')).toBe(`'${text}\r\n`),
);

test('a negative number stays a number', () => expect(csvLine([-5])).toBe('-5\r\n'));
