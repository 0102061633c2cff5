// SPDX-License-Identifier: Apache-2.0
import type { Role } from '$/api/schema';

/** Whether to offer the history: it is the whole account's, so org_admins and members do not read it. */
export const mayReadHistory = (role: Role): boolean =>
  role === 'operator' || role === 'account_admin' || role === 'auditor';
