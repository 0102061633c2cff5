// SPDX-License-Identifier: Apache-2.0
// Short messages about what has been done. Refusals are no toasts: they stay at the form that was refused.

export interface Toast {
  id: number;
  title: string;
  text: string;
}

let all = $state.raw<Toast[]>([]);
let last = 0;

export const toasts = {
  get all() {
    return all;
  },
};

/** Tells that something was done; it goes away by itself. */
export function toast(title: string, text = ''): void {
  last += 1;
  all = [...all.slice(-2), { id: last, title, text }];
}

export function dismiss(id: number): void {
  all = all.filter((one) => one.id !== id);
}
