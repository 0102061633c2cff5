// SPDX-License-Identifier: Apache-2.0
import { named } from './names.svelte';

/** An id from a URL as what a picker has chosen; its name follows when it has been read. */
export function choiceOf(account: string, id: string | null | undefined): { id: string; name: string } | null {
  return id ? { id, name: named(account, id)?.name ?? id } : null;
}
