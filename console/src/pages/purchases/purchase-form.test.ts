// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import type { Purchase } from '$/api/schema';
import { bodyOf, differs, formOf, wrongIn, type PurchaseForm } from './purchase-form';

const form = (rest: Partial<PurchaseForm>): PurchaseForm => ({ ...formOf(null, 'KRE'), quantity: '5', ...rest });

test('a form that is filled in is sent', () => {
  expect(bodyOf(form({}))).toEqual({ product: 'KRE', quantity: 5, starts_at: null, ends_at: null });
  expect(bodyOf(form({ quantity: '1,200' }))).toMatchObject({ quantity: 1200 });
});

test.each([[{ product: null }], [{ quantity: '' }], [{ quantity: '0' }], [{ quantity: '-3' }], [{ quantity: '1.5' }]])(
  '%j is not sent',
  (rest) => expect(bodyOf(form(rest))).toBeNull(),
);

test('what is missing is not wrong yet; what cannot be is told at its field', () => {
  expect(wrongIn(form({ quantity: '', product: null }))).toEqual({});
  expect(wrongIn(form({ quantity: 'ten' }))).toHaveProperty('quantity');
  const day = '2027-01-01T00:00:00.000Z';
  expect(wrongIn(form({ starts_at: day, ends_at: day }))).toHaveProperty('ends_at');
  expect(wrongIn(form({ starts_at: day, ends_at: '2027-01-01T00:01:00.000Z' }))).toEqual({});
});

test('an edit that changes nothing is none', () => {
  const purchase = { product: 'KRE', quantity: 5, starts_at: null, ends_at: null } as Purchase;
  const body = bodyOf(formOf(purchase, null));
  expect(body !== null && differs(body, purchase)).toBe(false);
  expect(body !== null && differs({ ...body, ends_at: '2027-01-01T00:00:00.000Z' }, purchase)).toBe(true);
});
