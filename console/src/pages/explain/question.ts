// SPDX-License-Identifier: Apache-2.0
// What is asked of the server, as it stands in the URL.
import { filtersOf } from '$/lib/filters';

export const MEMBERS = ['user', 'product', 'project', 'organization', 'count'] as const;
const MOST = 1000;

export interface Question {
  user: string | null;
  product: string | null;
  project: string | null;
  organization: string | null;
  count: number;
}

/** The question of a URL; `self` asks for itself where the URL names no user. */
export function questionIn(query: URLSearchParams, self: string | null): Question {
  const { user, product, project, organization, count } = filtersOf(query, MEMBERS);
  return {
    user: user ?? self,
    product: product ?? null,
    project: project ?? null,
    organization: organization ?? null,
    count: /^\d{1,9}$/.test(count ?? '') ? Number(count) : 1,
  };
}

/** The body to send; null while there is too little to ask. A count that cannot be is for the server to refuse. */
export function bodyOf(question: Question): object | null {
  const { user, product, project, organization, count } = question;
  if (user === null || product === null) return null;
  return {
    user,
    product,
    count,
    ...(project === null ? {} : { project }),
    ...(organization === null ? {} : { organization }),
  };
}

/** Whether a count can be asked for at all. */
export const isCount = (count: number | null): boolean =>
  count !== null && Number.isInteger(count) && count >= 1 && count <= MOST;
