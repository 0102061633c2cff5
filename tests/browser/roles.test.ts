// SPDX-License-Identifier: Apache-2.0
// What an organization's admin, an auditor and a member see: what is theirs by name, nothing that they may not do, and
// the server refuses what the pages do not offer.
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Browser, Page } from 'playwright-core';
import { newPerson, openBrowser, withoutStatus, type Person } from './browser';
import { Api, Server, type Json } from './server';
import { furnish, type World } from './world';

const PASSWORD = 'seven blue herons at dawn';

let server: Server;
let browser: Browser;
let api: Api;
let world: World;
let suki: Person; // admin of Effects, which has Lighting below it
let ruth: Person; // auditor
let milo: Person; // member of Sound, and of a project in Lighting
let ids: Record<string, string>;

async function signedIn(name: string): Promise<Person> {
  const person = await newPerson(browser, server.url);
  const { token } = await api.post(`accounts/${world.account}/users/${ids[name]}/invitation`, {});
  const answer = await person.page.request.post('/v1/invitations:accept', { data: { token, password: PASSWORD } });
  expect(answer.status()).toBe(200);
  return person;
}

beforeAll(async () => {
  [server, browser] = await Promise.all([new Server().start(), openBrowser()]);
  world = await furnish(server);
  api = new Api(server.url);
  const lists = await Promise.all(
    ['users', 'organizations', 'projects'].map((list) => api.get(`accounts/${world.account}/${list}?limit=100`)),
  );
  ids = Object.fromEntries(lists.flatMap(({ items }) => items.map(({ id, name }: Json) => [name, id])));
  suki = await signedIn('Suki Arai');
  ruth = await signedIn('Ruth Ekman');
  milo = await signedIn('Milo Vance');
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
});
beforeEach(() => [suki, ruth, milo].forEach(({ complaints }) => complaints()));

async function open(page: Page, path: string): Promise<void> {
  await page.goto(`/accounts/${world.account}/${path}`);
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.waitForLoadState('networkidle');
  await page.locator('main [aria-busy=true]').first().waitFor({ state: 'detached' });
}

const navigation = (page: Page): Promise<string[]> => page.getByRole('navigation').getByRole('link').allInnerTexts();
const text = (page: Page): Promise<string> => page.locator('main').innerText();
const buttons = (page: Page, name: RegExp): Promise<number> => page.getByRole('button', { name }).count();

/** The status of a call with the person's own cookie, as a page of its own making would send it. */
async function status({ page }: Person, method: string, path: string, data?: Json): Promise<number> {
  const { csrf_token } = await (await page.request.get('/v1/whoami')).json();
  const headers = { 'X-CSRF-Token': csrf_token };
  const options = { method, headers, ...(data === undefined ? {} : { data }) };
  return (await page.request.fetch(`/v1/accounts/${world.account}${path}`, options)).status();
}

it('an organization’s admin sees its own organization and what is below it, and no other', async () => {
  const { page, complaints } = suki;
  await open(page, 'licenses?product=KRE&all=1');
  await page.getByRole('row', { name: /^Lighting / }).waitFor();
  expect(await text(page)).toContain('Effects');
  expect(await text(page)).not.toMatch(/Animation|Sound|Finance/);
  expect(await navigation(page)).not.toEqual(expect.arrayContaining(['History']));
  expect(await navigation(page)).not.toEqual(expect.arrayContaining(['Purchases']));
  await open(page, 'users');
  expect(await page.getByRole('link', { name: /Suki Arai|Lena Okafor|Build farm/ }).count()).toBe(3);
  expect(await text(page)).not.toContain('Theo Marsh');
  await open(page, `users/${ids['Lena Okafor']}`);
  expect(await page.getByRole('link', { name: 'Sessions' }).count()).toBeGreaterThan(0);
  expect(await page.getByRole('link', { name: /^(History|What would it get\?)$/ }).count()).toBe(0);
  expect(complaints()).toEqual([]);
});

it('it dedicates where the account lets it, below its own organization only', async () => {
  const { page, complaints } = suki;
  const dedication = (name: string): string => `/dedications/${ids[name]}/KRE`;
  await open(page, 'licenses?product=KRE');
  expect(await buttons(page, /^(Assign dedicated licenses|Edit |Revoke )/)).toBe(0);
  expect(await status(suki, 'PUT', dedication('Lighting'), { count: 4 })).toBe(403);

  await api.call('PATCH', `accounts/${world.account}`, { delegate_dedication: true });
  await open(page, 'licenses?product=KRE');
  await page.getByRole('button', { name: 'Edit Lighting', exact: true }).click();
  await page.getByLabel('Licenses dedicated to it', { exact: true }).fill('4');
  await page.getByRole('dialog').getByRole('button', { name: 'Save', exact: true }).click();
  await page.getByRole('dialog').waitFor({ state: 'hidden' });
  await page.getByRole('row', { name: /^Lighting .* 4/ }).waitFor();
  expect(await status(suki, 'PUT', dedication('Effects'), { count: 50 })).toBe(403);
  expect(await status(suki, 'PUT', dedication('Sound'), { count: 50 })).toBe(403);
  expect(await status(suki, 'GET', '/events')).toBe(403);
  expect(complaints()).toEqual([]);
});

it('an auditor sees everything, and is offered no change', async () => {
  const { page, complaints } = ruth;
  const CHANGES = /^(Assign|Edit|Revoke|Create|Rename|Move|Delete|Take back|End|Record|Save|Invite|Add|Remove|Restore)/;
  for (const path of [
    'licenses?product=KRE',
    'policy',
    'purchases',
    'seats',
    'organizations',
    'users',
    `users/${ids['Milo Vance']}`,
    'projects',
    `projects/${world.project}`,
    'sessions',
    `sessions/${world.session}`,
    'api-keys',
    'settings',
  ]) {
    await open(page, path);
    expect([path, await page.getByRole('heading', { level: 1 }).innerText()]).not.toContain('There is no such page');
    expect([path, await page.locator('main').getByRole('button', { name: CHANGES }).allInnerTexts()]).toEqual([
      path,
      [],
    ]);
  }
  expect(complaints()).toEqual([]);
  expect(await status(ruth, 'PUT', '/usage-policy', { policy: 'unrestricted', fallback: true })).toBe(403);
  expect(await status(ruth, 'DELETE', `/users/${ids['Milo Vance']}`)).toBe(403);
  expect(await status(ruth, 'GET', '/events?limit=1')).toBe(200);
});

it('history and denials show by themselves what is new', async () => {
  const { page, complaints } = ruth;
  await open(page, 'history');
  await api.post(`accounts/${world.account}/organizations`, { name: 'Color' });
  await page.getByRole('row', { name: /^Organization created .* Color/ }).waitFor();
  await open(page, 'denials');
  const rows = await page.getByRole('row').count();
  const body = { product: 'KRE', user: ids['Milo Vance'], machine: 'ws-77' };
  await api.call('POST', `accounts/${world.account}/sessions`, body, 409);
  await page.getByRole('row', { name: /ws-77/ }).waitFor();
  expect(await page.getByRole('row').count()).toBe(rows + 1);
  expect(complaints()).toEqual([]);
});

it('a member sees its own, by name, and nothing else', async () => {
  const { page, complaints } = milo;
  await open(page, 'sessions');
  expect(await page.locator('tbody').first().getByRole('row').count()).toBe(1);
  expect(await text(page)).toContain('Sound');
  await open(page, 'explain?product=KRE');
  await page.getByRole('heading', { name: 'Denied' }).waitFor();
  expect(await text(page)).toMatch(/Sound\s+OG-/);
  await open(page, `sessions/${world.session}`);
  expect(await page.locator('main').locator('a[href*="/users/"]').count()).toBe(0);
  expect(await navigation(page)).toEqual(['Usage policy', 'Seats', 'Sessions', 'Denials', 'Explain', 'API keys']);
  await open(page, 'users');
  await page.getByRole('heading', { name: 'There is no such page' }).waitFor();
  expect(await status(milo, 'GET', '/organizations')).toBe(403);
  expect(await status(milo, 'GET', `/users/${ids['Theo Marsh']}`)).toBe(404);
  expect(await status(milo, 'PUT', '/usage-policy', { policy: 'unrestricted', fallback: true })).toBe(403);
  expect(withoutStatus(complaints(), 403, 404)).toEqual([]);
});

it('a member claims a seat, where the account lets users do so', async () => {
  const { page, complaints } = milo;
  await open(page, 'seats');
  expect(await buttons(page, /Claim a seat/)).toBe(0);
  await api.call('PATCH', `accounts/${world.account}`, { self_service_seats: true });
  await api.put(`accounts/${world.account}/dedications/${ids.Sound}/KSE`, { count: 1 });
  await open(page, 'seats');
  await page.getByRole('button', { name: 'Claim a seat', exact: true }).click();
  await page.getByRole('dialog').getByLabel('Product', { exact: true }).selectOption('KSE');
  await page.getByRole('button', { name: 'Claim', exact: true }).click();
  await page.getByRole('row', { name: /KSE/ }).waitFor();
  const { items } = await api.get(`accounts/${world.account}/seats?user=${ids['Milo Vance']}`);
  expect(items).toHaveLength(1);
  expect(items[0].level).toBe(ids.Sound);
  expect(complaints()).toEqual([]);
});
