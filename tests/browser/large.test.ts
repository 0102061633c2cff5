// SPDX-License-Identifier: Apache-2.0
// An account of 10,000 organizations and 100,000 users: no answer is longer than a page, no page draws more rows than
// fit a window or were asked for, and what is far down is found.
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Browser, Page } from 'playwright-core';
import { newPerson, openBrowser, type Person } from './browser';
import { Api, OPERATOR_KEY, Server, type Json } from './server';

const ORGANIZATIONS = 10_000;
const USERS = 100_000;
const PER_APPLY = 10_000;
const MOST_OF_A_PAGE = 1000;

let server: Server;
let browser: Browser;
let operator: Person;
const answers: number[] = [];

const two = (i: number): string => String(i).padStart(5, '0');
/** A hundred at the top, with 99 below each. */
const pathOf = (i: number): string => (i % 100 === 0 ? `Site ${two(i)}` : `Site ${two(i - (i % 100))}/Team ${two(i)}`);

async function fill(api: Api): Promise<void> {
  await api.post('products', { code: 'KRE', name: 'Render engine', model: 'session' });
  await api.post('accounts', { name: 'Large', plan: 'true_enterprise' });
  await api.post('accounts/AC-1/purchases', { product: 'KRE', quantity: 1_000_000 });
  const all = [...Array(ORGANIZATIONS).keys()];
  for (let from = 0; from < ORGANIZATIONS; from += PER_APPLY / 4) {
    const organizations = all
      .slice(from, from + PER_APPLY / 4)
      .map((i) => ({ path: pathOf(i), dedications: { KRE: i % 100 === 0 ? 400 : 4 } }));
    await api.post('accounts/AC-1:apply', { organizations });
  }
  for (let from = 0; from < USERS; from += PER_APPLY) {
    const members: Json[] = [...Array(PER_APPLY).keys()].map((i) => ({
      email: `user${from + i}@large.example`,
      name: `User ${two(from + i)}`,
      organization: pathOf((from + i) % ORGANIZATIONS),
      role: 'member',
      kind: 'person',
    }));
    await api.post('accounts/AC-1:apply', { members });
  }
}

beforeAll(async () => {
  [server, browser] = await Promise.all([new Server().start(), openBrowser()]);
  await fill(new Api(server.url));
  operator = await newPerson(browser, server.url);
  const { page } = operator;
  page.on('response', async (response) => {
    if (!response.url().includes('/v1/') || response.status() !== 200) return;
    const body = await response.json().catch(() => ({}));
    if (Array.isArray(body.items)) answers.push(body.items.length);
  });
  await page.goto('/sign-in?as=operator');
  await page.getByLabel('Operator key', { exact: true }).fill(OPERATOR_KEY);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByRole('heading', { level: 1, name: 'Accounts' }).waitFor();
}, 300_000);
afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

const rows = (page: Page): Promise<number> => page.getByRole('row').count();

it('the tree of figures draws what is in view, and is read to its end', async () => {
  const { page, complaints } = operator;
  await page.goto('/accounts/AC-1/licenses?product=KRE');
  await page.getByRole('row', { name: /^Site 00000 / }).waitFor();
  expect(await rows(page)).toBeLessThan(100);
  const last = page.getByRole('row', { name: new RegExp(`^Team ${two(ORGANIZATIONS - 1)} `) });
  for (let i = 0; i < 600 && (await last.count()) === 0; i++) {
    await page.evaluate('window.scrollTo(0, document.documentElement.scrollHeight)');
    await page.waitForTimeout(100);
    expect(await rows(page)).toBeLessThan(100);
  }
  await last.waitFor();
  expect(complaints()).toEqual([]);
});

it('an organization far down is found by its name, with where it stands', async () => {
  const { page, complaints } = operator;
  await page.goto('/accounts/AC-1/licenses?product=KRE');
  await page.getByRole('button', { name: 'Assign dedicated licenses' }).first().click();
  await page.getByRole('dialog').getByRole('combobox', { name: 'Organization' }).fill('Team 09999');
  const option = page.getByRole('option', { name: /Team 09999/ });
  await option.waitFor();
  expect(await option.textContent()).toContain('Site 09900/Team 09999');
  await page.keyboard.press('Escape');
  expect(complaints()).toEqual([]);
});

it('one of 100,000 users is found by the end of its e-mail', async () => {
  const { page, complaints } = operator;
  await page.goto('/accounts/AC-1/users');
  await page.getByRole('row').nth(50).waitFor();
  expect(await rows(page)).toBeLessThanOrEqual(101);
  await page.getByRole('searchbox', { name: 'Name or e-mail' }).fill('99999@large');
  await page.getByRole('link', { name: 'User 99999' }).waitFor();
  await expect.poll(() => rows(page)).toBe(2);
  expect(page.url()).toContain('q=99999');
  await page.goBack();
  expect(complaints()).toEqual([]);
});

it('the tree of organizations opens branch by branch', async () => {
  const { page, complaints } = operator;
  await page.goto('/accounts/AC-1/organizations');
  await page.getByRole('button', { name: /^Site 00300, 99 sub/ }).click();
  await page.getByText('Team 00399', { exact: true }).waitFor();
  expect(await page.getByRole('listitem').count()).toBeLessThan(250);
  expect(complaints()).toEqual([]);
});

it('no answer was longer than a page', () => {
  expect(answers.length).toBeGreaterThan(10);
  expect(Math.max(...answers)).toBeLessThanOrEqual(MOST_OF_A_PAGE);
});
