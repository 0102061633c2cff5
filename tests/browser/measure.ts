// SPDX-License-Identifier: Apache-2.0
// What a first visit costs, with an empty cache: bytes on the wire, and when the page can be used. No test: the figures
// are printed, and stand in the manual.
import { afterAll, beforeAll, it } from 'vitest';
import type { Browser, Page } from 'playwright-core';
import { newPerson, openBrowser } from './browser';
import { OPERATOR_KEY, Server } from './server';
import { furnish } from './world';

const VISITS = 7;

let server: Server;
let browser: Browser;

beforeAll(async () => {
  [server, browser] = await Promise.all([new Server().start(), openBrowser()]);
  await furnish(server);
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

const median = (values: number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;

/** Bytes of all answers of this page so far, as they came, headers included; and milliseconds since it was asked for. */
const cost = (page: Page): Promise<{ bytes: number; ms: number }> =>
  page.evaluate(`(() => {
    const all = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')];
    return { bytes: all.reduce((sum, one) => sum + one.transferSize, 0), ms: performance.now() };
  })()`);

async function visit(path: string, usable: (page: Page) => Promise<unknown>): Promise<{ bytes: number; ms: number }> {
  const { page, context } = await newPerson(browser, server.url);
  const answer = await page.request.post('/v1/sign-in', { data: { key: OPERATOR_KEY } });
  if (!answer.ok()) throw new Error(await answer.text());
  await page.goto(path, { waitUntil: 'commit' });
  await usable(page);
  const measured = await cost(page);
  await context.close();
  return measured;
}

const PAGES: Record<string, [string, (page: Page) => Promise<unknown>]> = {
  'sign-in': ['/sign-in', (page) => page.getByRole('button', { name: 'Sign in', exact: true }).click({ trial: true })],
  'license management': [
    '/accounts/AC-1/licenses?product=KRE',
    (page) => page.getByRole('button', { name: 'Edit Animation', exact: true }).click({ trial: true }),
  ],
};

it('a first visit', async () => {
  for (const [name, [path, usable]] of Object.entries(PAGES)) {
    const visits = [];
    for (let i = 0; i < VISITS; i++) visits.push(await visit(path, usable));
    const kib = median(visits.map(({ bytes }) => bytes)) / 1024;
    const ms = median(visits.map((one) => one.ms));
    console.log(`${name}: ${kib.toFixed(0)} KiB, usable after ${ms.toFixed(0)} ms (median of ${VISITS})`);
  }
});
