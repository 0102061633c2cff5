// SPDX-License-Identifier: Apache-2.0
// Every page, light and dark, wide and narrow: accessible by axe's rules, nothing wider than the screen, and nothing
// that the browser complains of.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Browser, Page } from 'playwright-core';
import { newPerson, openBrowser, type Person } from './browser';
import { OPERATOR_KEY, Server } from './server';
import { furnish, type World } from './world';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

let server: Server;
let browser: Browser;
let world: World;

beforeAll(async () => {
  [server, browser] = await Promise.all([new Server().start(), openBrowser()]);
  world = await furnish(server);
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

const below = (page: string) => (): string => `/accounts/${world.account}/${page}`;
const PAGES: Record<string, () => string> = {
  'license management': below('licenses?product=KRE'),
  'license management, all levels': below('licenses?product=KRE&all=1'),
  'the usage policy': below('policy'),
  purchases: below('purchases'),
  seats: below('seats'),
  organizations: below('organizations'),
  'organizations found': below('organizations?q=i'),
  users: below('users'),
  'a user': () => `/accounts/${world.account}/users/${world.user}`,
  projects: below('projects'),
  'a project': () => `/accounts/${world.account}/projects/${world.project}`,
  sessions: below('sessions'),
  'a session': () => `/accounts/${world.account}/sessions/${world.session}`,
  history: below('history'),
  denials: below('denials'),
  'a denial': () => `/accounts/${world.account}/denials/${world.denial}`,
  explain: () => `/accounts/${world.account}/explain?product=KRE&user=${world.user}`,
  'API keys': below('api-keys'),
  settings: below('settings'),
  'accounts, for the operator': () => '/operator/accounts',
  'products, for the operator': () => '/operator/products',
  'what there is not': below('nowhere'),
};

async function settled(page: Page): Promise<void> {
  await page.getByRole('heading').first().waitFor();
  await page.waitForLoadState('networkidle');
  await page.locator('[aria-busy=true]').first().waitFor({ state: 'detached' });
}

async function violations(page: Page): Promise<string[]> {
  if (!(await page.evaluate('typeof axe === "object"'))) await page.evaluate(axe);
  const found = (await page.evaluate('axe.run(document, { resultTypes: ["violations"] })')) as {
    violations: { id: string; help: string; nodes: { html: string }[] }[];
  };
  return found.violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html).join(' | ')}`);
}

/** By how much the page is wider than the window. */
const excess = (page: Page): Promise<number> =>
  page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');

const LOOKS = { 'light and wide': {}, 'dark and narrow': { dark: true, narrow: true } };

it('what axe finds is found', async () => {
  const { page, context } = await newPerson(browser, server.url);
  await page.goto('/sign-in');
  await settled(page);
  await page.evaluate('document.querySelector("main").append(document.createElement("img"))');
  expect((await violations(page)).join()).toContain('image-alt');
  await context.close();
});

describe.each(Object.entries(LOOKS))('%s', (_, look) => {
  let operator: Person;
  let nobody: Person;

  beforeAll(async () => {
    [operator, nobody] = (await Promise.all([1, 2].map(() => newPerson(browser, server.url, look)))) as [
      Person,
      Person,
    ];
    await operator.page.goto('/sign-in?as=operator');
    await operator.page.getByLabel('Operator key', { exact: true }).fill(OPERATOR_KEY);
    await operator.page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await operator.page.getByRole('heading', { level: 1, name: 'Accounts' }).waitFor();
  });
  afterAll(async () => {
    await operator?.context.close();
    await nobody?.context.close();
  });

  it.each(Object.keys(PAGES))('%s', async (name) => {
    const { page, complaints } = operator;
    await page.goto(PAGES[name]?.() ?? '');
    await settled(page);
    expect(await violations(page)).toEqual([]);
    expect(await excess(page)).toBeLessThanOrEqual(0);
    expect(complaints()).toEqual([]);
  });

  it('the dialog of a dedication', async () => {
    const { page, complaints } = operator;
    await page.goto(below('licenses?product=KRE')());
    await settled(page);
    await page.getByRole('button', { name: 'Edit Effects', exact: true }).click();
    await page.getByLabel('Licenses dedicated to it', { exact: true }).fill('1');
    await page.getByText('in use', { exact: false }).first().waitFor();
    expect(await violations(page)).toEqual([]);
    expect(complaints()).toEqual([]);
  });

  it.each(['/sign-in?account=AC-1', '/sign-in?as=operator', '/invitation?account=AC-1#ushi_1.1.x'])(
    '%s',
    async (path) => {
      await nobody.page.goto(path);
      await settled(nobody.page);
      expect(await violations(nobody.page)).toEqual([]);
      expect(await excess(nobody.page)).toBeLessThanOrEqual(0);
      expect(nobody.complaints()).toEqual([]);
    },
  );
});
