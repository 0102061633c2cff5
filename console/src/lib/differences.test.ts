// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { differences } from './differences';

it('sends what has changed, and nothing else', () => {
  const before = { id: 'AC-1', name: 'Nord', grace: 0, open: false as boolean, parent: 'OG-1' as string | null };
  expect(differences(before, { name: 'Nord', grace: 0, open: false })).toEqual({});
  expect(differences(before, { name: 'Süd', grace: 60, open: true })).toEqual({ name: 'Süd', grace: 60, open: true });
  expect(differences(before, { parent: null })).toEqual({ parent: null });
});
