// SPDX-License-Identifier: Apache-2.0
// Errors as the server tells them (RFC 9457), and the one that it cannot tell: that it was not reached.

/** A refusal. `name` is the contract's, such as `insufficient-pool`; `members` are the figures that came with it. */
export class Problem extends Error {
  readonly pointer: string | null;
  readonly parameter: string | null;

  constructor(
    override readonly name: string,
    readonly status: number,
    readonly title: string,
    readonly detail: string,
    readonly members: Record<string, unknown> = {},
    readonly retryAfterS: number | null = null,
  ) {
    super(detail || title);
    this.pointer = typeof members.pointer === 'string' ? members.pointer : null;
    this.parameter = typeof members.parameter === 'string' ? members.parameter : null;
  }
}

/** Nothing came back: no network, or no server. */
export const unreachable = (): Problem =>
  new Problem(
    'unreachable',
    0,
    'The server cannot be reached',
    'Check the network. What is shown stays as it was; try again when the server is back.',
  );

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
const text = (value: unknown, otherwise: string): string => (typeof value === 'string' ? value : otherwise);

/** The problem in an answer's body; a body that is none (a proxy's page, say) is told by its status. */
export function problemOf(body: unknown, response: Response): Problem {
  const retry = Number(response.headers.get('Retry-After') ?? NaN);
  const members = isObject(body) ? body : {};
  const name = text(members.type, '').split('/').pop() || `status-${response.status}`;
  const title = text(members.title, `The server answered ${response.status}`);
  const detail = text(members.detail, 'Try again; if it goes on, tell whoever runs the server.');
  return new Problem(name, response.status, title, detail, members, Number.isFinite(retry) ? retry : null);
}

/** Whatever was thrown, as a problem. */
export function asProblem(thrown: unknown): Problem {
  if (thrown instanceof Problem) return thrown;
  if (thrown instanceof TypeError) return unreachable();
  return new Problem('unexpected', 0, 'Something went wrong in this page', String(thrown));
}

/**
 * What to write at the fields of a form: by the name of the member that the problem points to (`/email` is `email`,
 * `/dedications/0/count` is `count`). A problem that points at no field of the form is left to `rest`.
 */
export function fieldErrors(
  problem: Problem | null,
  fields: readonly string[],
): { at: Record<string, string>; rest: Problem | null } {
  if (problem === null) return { at: {}, rest: null };
  const named = (problem.pointer ?? '').split('/').filter((part) => part !== '' && !/^\d+$/.test(part));
  const field = problem.parameter ?? named.findLast((part) => fields.includes(part));
  if (field === undefined || !fields.includes(field)) return { at: {}, rest: problem };
  return { at: { [field]: problem.detail }, rest: null };
}
