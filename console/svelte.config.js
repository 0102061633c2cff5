// SPDX-License-Identifier: Apache-2.0
import { vitePreprocess } from '@sveltejs/vite-plugin-svelte';

/** @type {import('@sveltejs/vite-plugin-svelte').SvelteConfig} */
export default {
    preprocess: vitePreprocess(),
    compilerOptions: {
        // A row that is drawn as a card is no table's row to a browser any more, unless its role is told.
        warningFilter: (warning) => warning.code !== 'a11y_no_redundant_roles',
    },
};
