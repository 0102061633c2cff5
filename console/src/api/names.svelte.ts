// SPDX-License-Identifier: Apache-2.0
// Names of things that lists tell by id only. Asked for while a view is drawn, read by ?ids= in the fewest calls, kept.
import { SvelteMap } from 'svelte/reactivity';
import { ask, api } from './client';
import type { Role } from './schema';

/** What is known of an id: `name` is what people call it; `detail` an e-mail or a path, to tell two of a name apart. */
export interface Named {
  name: string;
  detail: string | null;
}

type Kind = 'AC' | 'OG' | 'US' | 'PR';
const AT_ONCE = 100;

const known = new SvelteMap<string, Named>();
const asked = new Set<string>();
let hidden: readonly Kind[] = [];
let waiting: Array<{ account: string; id: string }> = [];

const readers: Record<Kind, (account: string, ids: string) => Promise<Array<[string, Named]>>> = {
  AC: async (account) => {
    const { id, name } = await ask(api.GET('/v1/accounts/{account}', { params: { path: { account } } }));
    return [[id, { name, detail: null }]];
  },
  OG: async (account, ids) => {
    const page = await ask(
      api.GET('/v1/accounts/{account}/organizations', {
        params: { path: { account }, query: { ids, limit: AT_ONCE } },
      }),
    );
    return page.items.map((item) => [item.id, { name: item.name, detail: item.path }]);
  },
  US: async (account, ids) => {
    const page = await ask(
      api.GET('/v1/accounts/{account}/users', { params: { path: { account }, query: { ids, limit: AT_ONCE } } }),
    );
    return page.items.map((item) => [item.id, { name: item.name, detail: item.email }]);
  },
  PR: async (account, ids) => {
    const page = await ask(
      api.GET('/v1/accounts/{account}/projects', { params: { path: { account }, query: { ids, limit: AT_ONCE } } }),
    );
    return page.items.map((item) => [item.id, { name: item.name, detail: null }]);
  },
};

const kindOf = (id: string): Kind | null => {
  const kind = id.slice(0, id.indexOf('-'));
  return kind in readers && !hidden.includes(kind as Kind) ? (kind as Kind) : null;
};

async function read(account: string, kind: Kind, ids: string[]): Promise<void> {
  try {
    for (const [id, named] of await readers[kind](account, ids.join(','))) known.set(id, named);
  } catch {
    // The ids stay as they are: a name is a comfort, and these may not be the reader's to see.
  }
}

function flush(): void {
  const groups = new Map<string, typeof waiting>();
  for (const one of waiting) {
    const group = `${one.account} ${kindOf(one.id)}`;
    groups.set(group, [...(groups.get(group) ?? []), one]);
  }
  waiting = [];
  for (const group of groups.values()) {
    for (let from = 0; from < group.length; from += AT_ONCE) {
      const part = group.slice(from, from + AT_ONCE);
      const first = part[0] as { account: string; id: string };
      void read(
        first.account,
        kindOf(first.id) as Kind,
        part.map(({ id }) => id),
      );
    }
  }
}

/** What is known of an account, organization, user or project; undefined until it has been read, or if it cannot be. */
export function named(account: string, id: string): Named | undefined {
  const answer = known.get(id);
  if (answer === undefined && !asked.has(id) && kindOf(id) !== null) {
    asked.add(id);
    if (waiting.length === 0) setTimeout(flush, 5);
    waiting.push({ account, id });
  }
  return answer;
}

/** Keeps a name that was read in another way, or has just been changed. */
export function learn(id: string, what: Named): void {
  asked.add(id);
  known.set(id, what);
}

/** Forgets all names, when somebody else signs in. The server refuses a member the lists of what is not its own. */
export function forget(role?: Role): void {
  hidden = role === 'member' || role === 'platform' ? ['OG', 'PR'] : [];
  known.clear();
  asked.clear();
  waiting = [];
}
