// SPDX-License-Identifier: Apache-2.0
// Every page of the console: one folder here, one row below. The side navigation shows those of a group, in this order.
import type { Component } from 'svelte';
import type { Role } from '$/api/schema';
import Password from 'carbon-icons-svelte/lib/Password.svelte';
import Policy from 'carbon-icons-svelte/lib/Policy.svelte';
import Folder from 'carbon-icons-svelte/lib/Folder.svelte';
import License from 'carbon-icons-svelte/lib/License.svelte';
import UserCertification from 'carbon-icons-svelte/lib/UserCertification.svelte';
import UserMultiple from 'carbon-icons-svelte/lib/UserMultiple.svelte';
import TreeView from 'carbon-icons-svelte/lib/TreeView.svelte';
import Settings from 'carbon-icons-svelte/lib/Settings.svelte';
import RecentlyViewed from 'carbon-icons-svelte/lib/RecentlyViewed.svelte';
import ErrorOutline from 'carbon-icons-svelte/lib/ErrorOutline.svelte';
import Help from 'carbon-icons-svelte/lib/Help.svelte';
import Catalog from 'carbon-icons-svelte/lib/Catalog.svelte';
import Enterprise from 'carbon-icons-svelte/lib/Enterprise.svelte';
import Receipt from 'carbon-icons-svelte/lib/Receipt.svelte';
import Activity from 'carbon-icons-svelte/lib/Activity.svelte';

export type Group = 'Licenses' | 'People' | 'Activity' | 'Account' | 'Operator';

/**
 * A page's component gets the parameters of its path as `params`, if it wants them. It is made anew when the path
 * changes, not when the query does.
 */
export type PageComponent = Component<any>;

export interface Page {
  path: string;
  /** Its heading in the navigation and in the browser's title. */
  title: string;
  /** Who has any use for it; the server alone decides what each may do. Empty: no sign-in is needed. */
  roles: readonly Role[];
  /** Where the navigation shows it; absent: nowhere. */
  group?: Group;
  icon?: typeof License;
  load: () => Promise<{ default: PageComponent }>;
}

const ADMINS = ['operator', 'account_admin', 'org_admin'] as const;
const READERS = [...ADMINS, 'auditor'] as const;

export const pages: readonly Page[] = [
  { path: '/sign-in', title: 'Sign in', roles: [], load: () => import('./sign-in/SignIn.svelte') },
  { path: '/invitation', title: 'Set your password', roles: [], load: () => import('./invitation/Invitation.svelte') },
  {
    path: '/accounts/:account/licenses',
    title: 'License management',
    roles: READERS,
    group: 'Licenses',
    icon: License,
    load: () => import('./licenses/Licenses.svelte'),
  },
  {
    path: '/accounts/:account/policy',
    title: 'Usage policy',
    roles: [...READERS, 'member'],
    group: 'Licenses',
    icon: Policy,
    load: () => import('./policy/Policy.svelte'),
  },
  {
    path: '/operator/accounts',
    title: 'Accounts',
    roles: ['operator'],
    group: 'Operator',
    icon: Enterprise,
    load: () => import('./operator/Accounts.svelte'),
  },
  {
    path: '/operator/products',
    title: 'Products',
    roles: ['operator'],
    group: 'Operator',
    icon: Catalog,
    load: () => import('./operator/Products.svelte'),
  },
  {
    path: '/accounts/:account/purchases',
    title: 'Purchases',
    roles: ['operator', 'account_admin', 'auditor'],
    group: 'Licenses',
    icon: Receipt,
    load: () => import('./purchases/Purchases.svelte'),
  },
  {
    path: '/accounts/:account/sessions',
    title: 'Sessions',
    roles: [...READERS, 'member'],
    group: 'Activity',
    icon: Activity,
    load: () => import('./sessions/Sessions.svelte'),
  },
  {
    path: '/accounts/:account/sessions/:session',
    title: 'Session',
    roles: [...READERS, 'member'],
    load: () => import('./sessions/SessionPage.svelte'),
  },
  {
    path: '/accounts/:account/history',
    title: 'History',
    roles: ['operator', 'account_admin', 'auditor'],
    group: 'Activity',
    icon: RecentlyViewed,
    load: () => import('./history/History.svelte'),
  },
  {
    path: '/accounts/:account/denials',
    title: 'Denials',
    roles: [...READERS, 'member'],
    group: 'Activity',
    icon: ErrorOutline,
    load: () => import('./denials/Denials.svelte'),
  },
  {
    path: '/accounts/:account/denials/:denial',
    title: 'Denial',
    roles: [...READERS, 'member'],
    load: () => import('./denials/DenialPage.svelte'),
  },
  {
    path: '/accounts/:account/explain',
    title: 'Explain',
    roles: [...READERS, 'member'],
    group: 'Activity',
    icon: Help,
    load: () => import('./explain/Explain.svelte'),
  },
  {
    path: '/accounts/:account/organizations',
    title: 'Organizations',
    roles: READERS,
    group: 'People',
    icon: TreeView,
    load: () => import('./organizations/Organizations.svelte'),
  },
  {
    path: '/accounts/:account/users',
    title: 'Users',
    roles: READERS,
    group: 'People',
    icon: UserMultiple,
    load: () => import('./users/Users.svelte'),
  },
  {
    path: '/accounts/:account/users/:user',
    title: 'User',
    roles: READERS,
    load: () => import('./users/UserPage.svelte'),
  },
  {
    path: '/accounts/:account/projects',
    title: 'Projects',
    roles: READERS,
    group: 'People',
    icon: Folder,
    load: () => import('./projects/Projects.svelte'),
  },
  {
    path: '/accounts/:account/projects/:project',
    title: 'Project',
    roles: READERS,
    load: () => import('./projects/ProjectPage.svelte'),
  },
  {
    path: '/accounts/:account/seats',
    title: 'Seats',
    roles: [...READERS, 'member'],
    group: 'Licenses',
    icon: UserCertification,
    load: () => import('./seats/Seats.svelte'),
  },
  {
    path: '/accounts/:account/api-keys',
    title: 'API keys',
    roles: [...READERS, 'member'],
    group: 'Account',
    icon: Password,
    load: () => import('./api-keys/ApiKeys.svelte'),
  },
  {
    path: '/accounts/:account/settings',
    title: 'Account settings',
    roles: READERS,
    group: 'Account',
    icon: Settings,
    load: () => import('./settings/Settings.svelte'),
  },
  {
    path: '/accounts/:account/profile',
    title: 'Profile',
    roles: [...READERS, 'member', 'platform'],
    load: () => import('./profile/Profile.svelte'),
  },
];
