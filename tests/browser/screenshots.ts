// SPDX-License-Identifier: Apache-2.0
// The pictures of the manual, of an account in which something goes on.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, it } from 'vitest';
import type { Browser, Page } from 'playwright-core';
import { newPerson, openBrowser } from './browser';
import { OPERATOR_KEY, Server } from './server';
import { furnish, type World } from './world';

const FOLDER = join(fileURLToPath(new URL('../../docs/images', import.meta.url)));

let server: Server;
let browser: Browser;
let world: World;

beforeAll(async () => {
  mkdirSync(FOLDER, { recursive: true });
  [server, browser] = await Promise.all([new Server().start(), openBrowser()]);
  world = await furnish(server);
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

interface Picture {
  path: () => string;
  dark?: boolean;
  narrow?: boolean;
  /** What is done on the page before. */
  act?: (page: Page) => Promise<void>;
}

const below = (page: string) => (): string => `/accounts/${world.account}/${page}`;

async function openDialog(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Assign dedicated licenses' }).first().click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('combobox', { name: 'Organization' }).fill('Sound');
  await page.getByRole('option').first().click();
  await dialog.getByLabel('Licenses dedicated to it', { exact: true }).fill('12');
  await dialog.getByRole('button', { name: 'Assign', exact: true }).and(page.locator(':enabled')).waitFor();
}

async function tryStrict(page: Page): Promise<void> {
  await page.getByRole('radio', { name: 'Member-based' }).check();
  await page.waitForTimeout(800);
}

const PICTURES: Record<string, Picture> = {
  licenses: { path: below('licenses?product=KRE') },
  'licenses-dark': { path: below('licenses?product=KRE'), dark: true },
  'licenses-narrow': { path: below('licenses?product=KRE'), narrow: true },
  dedicate: { path: below('licenses?product=KRE'), act: openDialog },
  policy: { path: below('policy'), act: tryStrict },
  sessions: { path: below('sessions') },
  denial: { path: () => `/accounts/${world.account}/denials/${world.denial}` },
  history: { path: below('history') },
  organizations: { path: below('organizations') },
  user: { path: () => `/accounts/${world.account}/users/${world.user}` },
};

it.each(Object.keys(PICTURES))('%s', async (name) => {
  const picture = PICTURES[name] as Picture;
  const { page, context } = await newPerson(browser, server.url, picture);
  await page.goto('/sign-in?as=operator');
  await page.getByLabel('Operator key', { exact: true }).fill(OPERATOR_KEY);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByRole('heading', { level: 1, name: 'Accounts' }).waitFor();
  await page.goto(picture.path());
  await page.waitForLoadState('networkidle');
  await picture.act?.(page);
  await page.waitForTimeout(500);
  await page.screenshot({ path: join(FOLDER, `${name}.png`) });
  await context.close();
});
