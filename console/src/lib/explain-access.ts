// SPDX-License-Identifier: Apache-2.0
import type { Role } from '$/api/schema';

interface Reader {
  role: Role;
  user: string | null;
}

/** Whether the reader may ask for any user what would be granted; others may only for themselves. */
export const mayExplainAll = (who: Reader): boolean => who.role === 'operator' || who.role === 'account_admin';

/** Whether the reader may ask what this user would be granted. */
export const mayExplain = (who: Reader, user: string): boolean => mayExplainAll(who) || who.user === user;
