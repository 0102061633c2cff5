// SPDX-License-Identifier: Apache-2.0
// Measures what a first visit costs: npm run measure
import { defineConfig } from 'vitest/config';

export default defineConfig({ test: { include: ['measure.ts'], testTimeout: 300_000, hookTimeout: 120_000 } });
