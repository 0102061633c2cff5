// SPDX-License-Identifier: Apache-2.0
import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';
import { carbonCss } from './tools/carbon-css.js';
import { usedCss } from './tools/used-css.js';

// Where usherd answers while the console is being worked on. A key stands in for a sign-in, if one is given.
const server = process.env.USHER_SERVER ?? 'http://127.0.0.1:7420';
const key = process.env.USHER_KEY;
const headers: Record<string, string> = key === undefined ? {} : { Authorization: `Bearer ${key}` };
const proxy = { '/v1': { target: server, headers } };

// What usherd sends with the console, so that `vite preview` shows what a strict policy would block.
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

export default defineConfig({
  plugins: [carbonCss(), svelte(), usedCss()],
  resolve: { alias: { $: fileURLToPath(new URL('./src', import.meta.url)) } },
  build: {
    target: 'es2022',
    // Files of their own, never data: in the page: the policy allows no inline script, and each is cached by its hash.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    manifest: true,
  },
  server: { proxy, strictPort: true },
  preview: { proxy, strictPort: true, headers: { 'Content-Security-Policy': policy } },
  test: { include: ['src/**/*.test.ts'], environment: 'node' },
});
