// SPDX-License-Identifier: Apache-2.0
// Takes the pictures of docs/images anew: npm run screenshots
import { defineConfig } from 'vitest/config';

export default defineConfig({ test: { include: ['screenshots.ts'], testTimeout: 120_000, hookTimeout: 120_000 } });
