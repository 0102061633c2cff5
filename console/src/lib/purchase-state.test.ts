// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { purchaseState } from './purchase-state';

const now = Date.parse('2026-11-24T12:00:00Z');
test.each([
  [{ in_force: true, starts_at: null }, 'in_force'],
  [{ in_force: true, starts_at: '2026-11-24T12:00:01.000Z' }, 'in_force'],
  [{ in_force: false, starts_at: '2027-01-01T00:00:00.000Z' }, 'upcoming'],
  [{ in_force: false, starts_at: '2025-01-01T00:00:00.000Z' }, 'ended'],
  [{ in_force: false, starts_at: null }, 'ended'],
])('%j is %s', (purchase, state) => expect(purchaseState(purchase, now)).toBe(state));
