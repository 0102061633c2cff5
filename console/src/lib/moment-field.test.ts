// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fromField, toField } from './moment-field';

const zone = process.env.TZ;
beforeEach(() => (process.env.TZ = 'Europe/Berlin'));
afterEach(() => (process.env.TZ = zone));

test.each([
  ['2026-11-24T06:34:00.000Z', '2026-11-24T07:34'],
  ['2026-07-01T22:00:05.000Z', '2026-07-02T00:00:05'],
])('%s is %s in the field, and back', (moment, field) => {
  expect(toField(moment)).toBe(field);
  expect(fromField(field)).toBe(moment);
});

test('what is no moment is an empty field, and the other way round', () => {
  expect([toField(null), toField(undefined), toField('soon')]).toEqual(['', '', '']);
  expect([fromField(''), fromField('2026-13-45T00:00')]).toEqual([null, null]);
});
