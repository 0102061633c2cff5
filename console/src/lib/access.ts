// SPDX-License-Identifier: Apache-2.0
// What the console offers to whom. The server alone decides; this only spares people what it would refuse.
import type { Account, Role } from '$/api/schema';

interface Reader {
  role: Role;
  organization: string | null;
}

/** Whether to offer dedications at all. */
export const mayDedicate = (who: Reader, account: Account): boolean =>
  account.plan === 'true_enterprise' &&
  (who.role === 'operator' ||
    who.role === 'account_admin' ||
    (who.role === 'org_admin' && account.delegate_dedication));

/** Whether to offer changes of the usage policy. */
export const maySetPolicy = (who: Reader): boolean => who.role === 'operator' || who.role === 'account_admin';

/** Whether to offer seats to be given and taken back. */
export const mayGiveSeats = (who: Pick<Reader, 'role'>): boolean =>
  who.role === 'operator' || who.role === 'account_admin' || who.role === 'org_admin';

/** The level whose figures are the reader's own: the account, or the organization that an org_admin has. */
export const topLevel = (who: Reader, account: string): string =>
  who.role === 'org_admin' && who.organization !== null ? who.organization : account;
