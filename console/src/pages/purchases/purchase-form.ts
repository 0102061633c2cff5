// SPDX-License-Identifier: Apache-2.0
// A purchase as it is being written down.
import type { Purchase } from '$/api/schema';
import { typedCount } from '$/lib/dedication';

export interface PurchaseForm {
  product: string | null;
  quantity: string;
  starts_at: string | null;
  ends_at: string | null;
}

/** The form to begin with: a purchase as it is, or a new one, of the product that is looked at. */
export const formOf = (purchase: Purchase | null, product: string | null): PurchaseForm => ({
  product: purchase?.product ?? product,
  quantity: purchase?.quantity.toString() ?? '',
  starts_at: purchase?.starts_at ?? null,
  ends_at: purchase?.ends_at ?? null,
});

/** What is wrong with a form, by field; a field that is not filled in yet is not wrong. */
export function wrongIn({ quantity, starts_at, ends_at }: PurchaseForm): Partial<Record<keyof PurchaseForm, string>> {
  const count = typedCount(quantity);
  return {
    ...(quantity.trim() !== '' && (count === null || count === 0) ? { quantity: 'A whole number, 1 or more.' } : {}),
    ...(starts_at !== null && ends_at !== null && Date.parse(ends_at) <= Date.parse(starts_at)
      ? { ends_at: 'It has to end after it starts.' }
      : {}),
  };
}

export interface PurchaseBody {
  product: string;
  quantity: number;
  starts_at: string | null;
  ends_at: string | null;
}

/** What to send; null while something is missing or wrong. */
export function bodyOf(form: PurchaseForm): PurchaseBody | null {
  const quantity = typedCount(form.quantity);
  if (form.product === null || quantity === null || Object.keys(wrongIn(form)).length > 0) return null;
  return { product: form.product, quantity, starts_at: form.starts_at, ends_at: form.ends_at };
}

/** Whether a form says anything else than the purchase does already. */
export const differs = (body: PurchaseBody, { quantity, starts_at, ends_at }: Purchase): boolean =>
  body.quantity !== quantity || body.starts_at !== starts_at || body.ends_at !== ends_at;
