// SPDX-License-Identifier: Apache-2.0
// What the branches of the tree share: which of them are open, what is to be done with an organization, and a number
// that goes up with each change, upon which every open branch reads itself again.
import { SvelteSet } from 'svelte/reactivity';
import type { Organization } from '$/api/schema';

/** What is being done: to an organization, or, for a new one, below it (null: below the account). */
export type Work =
  { kind: 'create'; below: Organization | null } | { kind: 'rename' | 'move' | 'delete'; organization: Organization };

export class Tree {
  version = $state(0);
  work = $state.raw<Work | null>(null);
  readonly open = new SvelteSet<string>();
  readonly account: string;
  /** Whether to offer changes. */
  readonly may: boolean;

  constructor(account: string, may: boolean) {
    this.account = account;
    this.may = may;
  }

  toggle(id: string): void {
    if (!this.open.delete(id)) this.open.add(id);
  }

  /** After a change: open branches read themselves again; the one in which something is new is opened. */
  changed(below: string | null = null): void {
    if (below !== null) this.open.add(below);
    this.version += 1;
  }
}
