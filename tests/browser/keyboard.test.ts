// SPDX-License-Identifier: Apache-2.0
// With the keyboard alone: sign in, go to a page, change a dedication, and the focus is never lost.
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Browser, Page } from 'playwright-core';
import { newPerson, openBrowser, withoutStatus, type Person } from './browser';
import { Api, OPERATOR_KEY, Server } from './server';
import { furnish } from './world';

let server: Server;
let browser: Browser;
let operator: Person;

beforeAll(async () => {
  [server, browser] = await Promise.all([new Server().start(), openBrowser()]);
  await furnish(server);
  operator = await newPerson(browser, server.url);
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

/** What has the focus, by the name that is heard. */
const focused = (page: Page): Promise<string> =>
  page.evaluate(`(() => {
    const one = document.activeElement;
    const label = one.labels?.[0]?.textContent ?? '';
    return (one.getAttribute('aria-label') ?? (label || one.textContent) ?? '').trim();
  })()`);

/** Presses Tab until what is wanted has the focus. */
async function tabTo(page: Page, name: string, key = 'Tab'): Promise<void> {
  for (let i = 0; i < 60; i++) {
    if ((await focused(page)) === name) return;
    await page.keyboard.press(key);
  }
  throw new Error(`${name} is not reached by ${key}; the focus is on ${await focused(page)}`);
}

it('signs in', async () => {
  const { page } = operator;
  await page.goto('/sign-in?as=operator&next=%2Faccounts%2FAC-1%2Flicenses');
  await page.getByRole('button', { name: 'Sign in', exact: true }).waitFor();
  await tabTo(page, 'Operator key');
  await page.keyboard.type(OPERATOR_KEY);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'License management' }).waitFor();
});

it('a page that is opened begins at its title', async () => {
  const { page } = operator;
  await expect.poll(() => focused(page)).toBe('License management');
});

it('rows are gone through with arrows, and changed in a dialog that gives the focus back', async () => {
  const { page } = operator;
  const animation = page.getByRole('row', { name: /^Animation / });
  await animation.waitFor();
  await page.keyboard.press('Tab');
  for (let i = 0; i < 40 && !(await focused(page)).startsWith('Animation '); i++) await page.keyboard.press('Tab');
  await page.keyboard.press('ArrowDown');
  await expect.poll(() => focused(page)).toMatch(/^Effects /);
  await page.keyboard.press('ArrowLeft');
  await page.getByRole('row', { name: /^Lighting / }).waitFor({ state: 'detached' });
  await page.keyboard.press('ArrowRight');
  await page.getByRole('row', { name: /^Lighting / }).waitFor();
  await page.keyboard.press('ArrowUp');
  await tabTo(page, 'Edit Animation');
  await page.keyboard.press('Enter');
  await expect.poll(() => focused(page)).toContain('Licenses dedicated to it');
  await page.getByText('has left').waitFor();
  await page.keyboard.press('Control+A');
  await page.keyboard.type('30');
  await expect.poll(() => page.getByRole('button', { name: 'Save', exact: true }).isEnabled()).toBe(true);
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  const row = await new Api(server.url).get('accounts/AC-1/pools?product=KRE&level=OG-1001');
  expect(row.items[0].dedicated).toBe(30);
  await expect.poll(() => focused(page)).toMatch(/^(Edit )?Animation/);
  expect(operator.complaints()).toEqual([]);
});

it('Escape leaves a dialog, and nothing was changed', async () => {
  const { page } = operator;
  await tabTo(page, 'Edit Animation');
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await expect.poll(() => focused(page)).toBe('Edit Animation');
});

it('what is refused stands at its field, which gets the focus', async () => {
  const { page } = operator;
  await page.goto('/accounts/AC-1/users');
  await page.getByRole('button', { name: 'Create user' }).first().click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name', { exact: true }).fill('Another');
  const email = dialog.getByLabel('E-mail', { exact: true });
  await email.fill('ines@nord.example');
  await page.keyboard.press('Enter');
  await dialog.getByText('has this e-mail address already').waitFor();
  expect(await email.getAttribute('aria-invalid')).toBe('true');
  await email.and(page.locator(':focus')).waitFor();
  expect(withoutStatus(operator.complaints(), 409)).toEqual([]);
});

it('an event that was looked at gives the focus back', async () => {
  const { page } = operator;
  await page.goto('/accounts/AC-1/history?kind=usage-policy');
  const link = page.getByRole('link', { name: 'Usage policy changed' }).first();
  await link.focus();
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await link.and(page.locator(':focus')).waitFor();
  expect(operator.complaints()).toEqual([]);
});
