// SPDX-License-Identifier: Apache-2.0
// The whole story, as three people live it: the operator sells, an account admin shares out, a member works.
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Browser, Locator, Page } from 'playwright-core';
import { newPerson, openBrowser, withoutStatus, type Person } from './browser';
import { Api, OPERATOR_KEY, Server } from './server';

const ADMIN = { name: 'Ines', email: 'ines@nord.example', password: 'seven blue herons at dawn' };
const MEMBER = { name: 'Milo', email: 'milo@nord.example', password: 'a quiet harbour in March' };

let server: Server;
let browser: Browser;
let operator: Person;
let admin: Person;
let member: Person;
let api: Api;
let program: Api;
const ACCOUNT = 'AC-1';

beforeAll(async () => {
  [server, browser] = await Promise.all([new Server().start(), openBrowser()]);
  api = new Api(server.url);
  [operator, admin, member] = (await Promise.all([1, 2, 3].map(() => newPerson(browser, server.url)))) as Person[] as [
    Person,
    Person,
    Person,
  ];
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

const dialog = (page: Page): Locator => page.getByRole('dialog');
/** The first one of the name: empty states offer again what stands above them. */
const button = (where: Page | Locator, name: string): Locator =>
  where.getByRole('button', { name, exact: true }).first();
const go = (page: Page, name: string): Promise<void> =>
  page.getByRole('navigation').getByRole('link', { name, exact: true }).click();

const heading = (page: Page, name: string): Locator => page.getByRole('heading', { name, exact: true, level: 1 });
const field = (where: Page | Locator, label: string): Locator => where.getByLabel(label, { exact: true });

async function closed(page: Page): Promise<void> {
  await dialog(page).waitFor({ state: 'hidden' });
}

async function pick(where: Locator | Page, label: string, typed: string): Promise<void> {
  const page = 'page' in where ? where.page() : where;
  await where.getByRole('combobox', { name: label }).fill(typed);
  await page
    .getByRole('option', { name: new RegExp(typed) })
    .first()
    .click();
}

/** A figure of the account, and the row of an organization. */
const figure = (page: Page, name: string): Promise<string> =>
  page
    .getByRole('region', { name: 'Figures' })
    .locator('.tile')
    .filter({ hasText: new RegExp(`^${name}`) })
    .locator('.count')
    .innerText();
const level = (page: Page, name: string): Locator => page.getByRole('row', { name: new RegExp(`^${name} `) });

async function dedicate(page: Page, organization: string, count: number): Promise<void> {
  await button(page, 'Assign dedicated licenses').click();
  await pick(dialog(page), 'Organization', organization);
  await field(dialog(page), 'Licenses dedicated to it').fill(String(count));
  await button(dialog(page), 'Assign').click();
  await closed(page);
}

it('the operator signs in with its key, and sells 200 licenses to a new customer', async () => {
  const { page } = operator;
  await page.goto('/');
  await button(page, 'Sign in as operator').click();
  await field(page, 'Operator key').fill(OPERATOR_KEY);
  await button(page, 'Sign in').click();
  await heading(page, 'Accounts').waitFor();

  await go(page, 'Products');
  await button(page, 'New product').click();
  await field(dialog(page), 'Code').fill('KRE');
  await field(dialog(page), 'Name').fill('Render engine');
  await button(dialog(page), 'Make product').click();
  await closed(page);

  await go(page, 'Accounts');
  await button(page, 'New account').click();
  await field(dialog(page), 'Name').fill('Atelier Nord');
  await button(dialog(page), 'Make account').click();
  await page.waitForURL(`**/accounts/${ACCOUNT}/purchases`);

  await button(page, 'Record a purchase').click();
  await field(dialog(page), 'Product').selectOption('KRE');
  await field(dialog(page), 'Licenses').fill('200');
  await button(dialog(page), 'Record').click();
  await closed(page);
  await go(page, 'License management');
  await expect.poll(() => figure(page, 'Dedicated')).toBe('200');
});

it('the operator makes an admin, who follows the invitation and is in', async () => {
  const { page } = operator;
  await go(page, 'Users');
  await button(page, 'Create user').click();
  await field(dialog(page), 'Name').fill(ADMIN.name);
  await field(dialog(page), 'E-mail').fill(ADMIN.email);
  await field(dialog(page), 'Role').selectOption({ label: 'Account admin' });
  await button(dialog(page), 'Create').click();
  await heading(page, ADMIN.name).waitFor();
  await button(page, 'Invite').click();
  await button(dialog(page), 'Make the link').click();
  const link = await field(page, 'Link').inputValue();
  expect(link).toContain(server.url);

  await admin.page.goto(link);
  // The token leaves the address bar at once.
  await expect.poll(() => admin.page.url()).not.toContain('#ushi');
  await field(admin.page, 'Password').fill('short');
  await field(admin.page, 'The same again').fill('short');
  await button(admin.page, 'Set password').click();
  await admin.page.getByText(/12/).first().waitFor();
  await field(admin.page, 'Password').fill(ADMIN.password);
  await field(admin.page, 'The same again').fill(ADMIN.password);
  await button(admin.page, 'Set password').click();
  await heading(admin.page, 'License management').waitFor();
  expect(withoutStatus(admin.complaints(), 400)).toEqual([]);
});

it('the admin makes organizations, one of them below another', async () => {
  const { page } = admin;
  await go(page, 'Organizations');
  for (const name of ['Animation', 'Effects', 'Sound', 'Archive']) {
    await button(page, 'Create organization').click();
    await field(dialog(page), 'Name').fill(name);
    await button(dialog(page), 'Create').click();
    await closed(page);
  }
  await button(page, 'Create below Effects').click();
  await field(dialog(page), 'Name').fill('Lighting');
  await button(dialog(page), 'Create').click();
  await closed(page);
  await page.getByText('Lighting', { exact: true }).waitFor();
  expect(admin.complaints()).toEqual([]);
});

it('of 200 the admin dedicates 20, 10, 1 and 5, and 164 are left', async () => {
  const { page } = admin;
  await go(page, 'License management');
  await dedicate(page, 'Animation', 20);
  await dedicate(page, 'Effects', 10);
  await dedicate(page, 'Sound', 1);
  await dedicate(page, 'Archive', 5);
  await expect.poll(() => figure(page, 'Pool')).toBe('164');
  await expect.poll(() => figure(page, 'Dedicated')).toBe('200');
  expect(await level(page, 'Animation').textContent()).toContain('20');
});

it('5 of 10 go to a sub-organization; a 6th is refused before it is asked for, and nothing changes', async () => {
  const { page } = admin;
  await dedicate(page, 'Lighting', 5);
  await expect.poll(() => level(page, 'Effects').getByRole('gridcell').nth(1).textContent()).toBe('5');

  await button(page, 'Edit Lighting').click();
  await field(dialog(page), 'Licenses dedicated to it').fill('11');
  await dialog(page).getByText('At most 10').waitFor();
  expect(await button(dialog(page), 'Save').isDisabled()).toBe(true);
  await button(dialog(page), 'Cancel').click();

  await go(page, 'Organizations');
  await button(page, 'Create below Effects').click();
  await field(dialog(page), 'Name').fill('Compositing');
  await button(dialog(page), 'Create').click();
  await closed(page);
  await go(page, 'License management');
  await button(page, 'Assign dedicated licenses').click();
  await pick(dialog(page), 'Organization', 'Compositing');
  await field(dialog(page), 'Licenses dedicated to it').fill('6');
  await dialog(page).getByText('At most 5').waitFor();
  expect(await button(dialog(page), 'Assign').isDisabled()).toBe(true);
  await page.keyboard.press('Escape');
  await closed(page);
  expect(await level(page, 'Effects').getByRole('gridcell').nth(1).textContent()).toBe('5');
  expect(admin.complaints()).toEqual([]);
});

it('a member of an organization is made, and its program takes sessions', async () => {
  const { page } = admin;
  await go(page, 'Users');
  await button(page, 'Create user').click();
  await field(dialog(page), 'Name').fill(MEMBER.name);
  await field(dialog(page), 'E-mail').fill(MEMBER.email);
  await pick(dialog(page), 'Organization (optional)', 'Sound');
  await button(dialog(page), 'Create').click();
  await heading(page, MEMBER.name).waitFor();
  const user = new URL(page.url()).pathname.split('/').pop() ?? '';

  const token = await api.post(`accounts/${ACCOUNT}/users/${user}/invitation`, {});
  await member.page.goto(token.path);
  await field(member.page, 'Password').fill(MEMBER.password);
  await field(member.page, 'The same again').fill(MEMBER.password);
  await button(member.page, 'Set password').click();
  await button(member.page, 'Your account').waitFor();
  program = await api.keyOf(ACCOUNT, user);
  const session = await program.post(`accounts/${ACCOUNT}/sessions`, { product: 'KRE', machine: 'ws-17' });
  expect(session.via).toBe('own');
});

it('strict without fallback: the panel tells what it would have refused, and holds at once', async () => {
  const { page } = admin;
  // Two at a time, which only the fallback grants.
  const second = await program.post(`accounts/${ACCOUNT}/sessions`, { product: 'KRE', machine: 'ws-18' });
  expect(second.via).toBe('fallback');
  await program.call('DELETE', `accounts/${ACCOUNT}/sessions/${second.id}`);

  await go(page, 'Usage policy');
  await field(page, 'Strict').check();
  await page.getByRole('switch', { name: /Allow fallback/ }).press('Space');
  await page
    .getByRole('region', { name: /24 hours/ })
    .getByText(/1 /)
    .first()
    .waitFor();
  await button(page, 'Save policy').click();
  await page.getByText('Usage policy changed').waitFor();
  expect(await api.get(`accounts/${ACCOUNT}/usage-policy`)).toEqual({ policy: 'strict', fallback: false });
  expect(admin.complaints()).toEqual([]);
});

it('a denial is explained to the admin, pool by pool', async () => {
  await program.call('POST', `accounts/${ACCOUNT}/sessions`, { product: 'KRE', machine: 'ws-18' }, 409);
  const { page } = admin;
  await go(page, 'Denials');
  await page.getByRole('link', { name: MEMBER.name }).first().click();
  await page.getByText('The one license of its pool is in use.').waitFor();
  await page.getByText('Not tried: the usage policy closes').waitFor();
  expect(admin.complaints()).toEqual([]);
});

it('lowering below use: refused, then moved to the parent, then drained', async () => {
  const { page } = admin;
  await go(page, 'License management');
  await button(page, 'Edit Sound').click();
  await field(dialog(page), 'Licenses dedicated to it').fill('0');
  await dialog(page).getByText('1 license in use').waitFor();
  await dialog(page).getByText(MEMBER.name).first().waitFor();
  expect(await button(dialog(page), 'Save').isDisabled()).toBe(true);
  await field(dialog(page), 'Move the holders up').check();
  await button(dialog(page), 'Save').click();
  await closed(page);
  await expect.poll(() => figure(page, 'Assigned')).toBe('1');

  await api.put(`accounts/${ACCOUNT}/dedications/OG-1003/KRE`, { count: 1 });
  const session = await program.post(`accounts/${ACCOUNT}/sessions`, { product: 'KRE', machine: 'ws-19' });
  expect(session.level).toBe('OG-1003');
  await page.reload();
  await button(page, 'Edit Sound').click();
  await field(dialog(page), 'Licenses dedicated to it').fill('0');
  await field(dialog(page), 'Drain').check();
  await button(dialog(page), 'Save').click();
  await closed(page);
  await level(page, 'Sound')
    .getByText(/Draining/)
    .waitFor();
  expect(withoutStatus(admin.complaints())).toEqual([]);
});

it('a session is revoked with a reason, and the drain is done', async () => {
  const { page } = admin;
  await go(page, 'Sessions');
  const row = page.getByRole('row').filter({ hasText: 'ws-19' });
  await row.getByRole('button', { name: /^End/ }).click();
  await field(dialog(page), 'Reason').fill('Needed for the deadline');
  await button(dialog(page), 'End session').click();
  await closed(page);
  await row.waitFor({ state: 'hidden' });
  const pools = await api.get(`accounts/${ACCOUNT}/pools?product=KRE&level=OG-1003`);
  expect(pools.items[0]).toMatchObject({ dedicated: 0, assigned: 0 });
  const ended = await api.get(`accounts/${ACCOUNT}/sessions?state=revoked`);
  expect(ended.items[0]).toMatchObject({ machine: 'ws-19', reason: 'Needed for the deadline' });
  expect(admin.complaints()).toEqual([]);
});

it('the member sees what is its own and nothing else', async () => {
  const { page } = member;
  await page.reload();
  const links = await page.getByRole('navigation').getByRole('link').allTextContents();
  for (const hidden of ['Users', 'Organizations', 'History', 'Purchases', 'Account settings'])
    expect(links.map((one) => one.trim())).not.toContain(hidden);
  await page.goto(`/accounts/${ACCOUNT}/users`);
  await page.getByRole('heading').first().waitFor();
  expect(await page.getByText(ADMIN.email).count()).toBe(0);
  await go(page, 'Sessions');
  await page.getByText('ws-17').first().waitFor();
  expect(member.complaints()).toEqual([]);
});

it('signed out everywhere, the other tab has to sign in again, and comes back to where it was', async () => {
  const { page } = admin;
  const other = await admin.context.newPage();
  await other.goto(`/accounts/${ACCOUNT}/history?kind=session`);
  await heading(other, 'History').waitFor();
  await page.goto(`/accounts/${ACCOUNT}/profile`);
  await button(page, 'Sign out everywhere').click();
  await button(dialog(page), 'Sign out').click();
  await field(page, 'E-mail').waitFor();

  await other.reload();
  await field(other, 'Account').fill(ACCOUNT);
  await field(other, 'E-mail').fill(ADMIN.email);
  await field(other, 'Password').fill(ADMIN.password);
  await button(other, 'Sign in').click();
  await other.waitForURL('**/history?kind=session');
  await other.close();
});

it('nobody’s browser has complained but of what was refused on purpose', () => {
  expect(withoutStatus(operator.complaints(), 401)).toEqual([]);
  expect(withoutStatus(admin.complaints(), 401)).toEqual([]);
  expect(member.complaints()).toEqual([]);
});
