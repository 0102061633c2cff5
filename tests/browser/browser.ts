// SPDX-License-Identifier: Apache-2.0
// Debian's Chromium, and a person in front of it: a context of its own for each, whose pages may not complain.
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const OPTIONS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export const WIDE = { width: 1280, height: 900 };
export const NARROW = { width: 390, height: 844 };

export const openBrowser = (): Promise<Browser> =>
  chromium.launch({ executablePath: CHROMIUM, headless: true, args: OPTIONS });

export interface Person {
  page: Page;
  context: BrowserContext;
  /** What the browser complained of since it was asked last. */
  complaints: () => string[];
}

/** A new person, who has no cookie yet. */
export async function newPerson(
  browser: Browser,
  url: string,
  options: { dark?: boolean; narrow?: boolean } = {},
): Promise<Person> {
  const context = await browser.newContext({
    baseURL: url,
    viewport: options.narrow ? NARROW : WIDE,
    colorScheme: options.dark ? 'dark' : 'light',
    locale: 'en-GB',
    timezoneId: 'Europe/Berlin',
    reducedMotion: 'reduce',
  });
  context.setDefaultTimeout(30_000);
  const page = await context.newPage();
  let complaints: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(`${message.text()} (${message.location().url})`);
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('request', (request) => {
    if (!request.url().startsWith(url) && !request.url().startsWith('data:')) complaints.push(`asks ${request.url()}`);
  });
  return {
    page,
    context,
    complaints: () => {
      const all = complaints;
      complaints = [];
      return all;
    },
  };
}

/**
 * Takes away the complaints that Chromium itself prints for answers with one of these statuses, which a test provokes
 * and the page handles.
 */
export const withoutStatus = (complaints: string[], ...statuses: number[]): string[] =>
  complaints.filter((text) => !statuses.some((status) => text.includes(`responded with a status of ${status}`)));
