// SPDX-License-Identifier: Apache-2.0

/**
 * Leaves out of Carbon's stylesheet what this console has no use for: its @font-face rules, which point to a server of
 * somebody else's, and the themes g80 and g90. The typeface is that of the package @fontsource-variable/ibm-plex-sans.
 * @returns {import('vite').Plugin}
 */
export function carbonCss() {
    return {
        name: 'carbon-css',
        enforce: 'pre',
        transform(code, id) {
            if (!id.includes('carbon-components-svelte/css/')) return null;
            const ours = code
                .replace(/@font-face\s*\{[^}]*\}/g, '')
                .replace(/IBM Plex Sans(?=[,;}])/g, 'IBM Plex Sans Variable');
            return { code: withoutThemes(ours, /\[theme=g[89]0\]/), map: null };
        },
    };
}

/**
 * Drops the plain rules of which every selector names the theme.
 * @param {string} css @param {RegExp} theme
 */
function withoutThemes(css, theme) {
    return css.replace(/([^{}@;]+)\{([^{}]*)\}/g, (rule, selectors, body) => {
        const kept = selectors.split(/,(?![^(]*\))/).filter((/** @type {string} */ selector) => !theme.test(selector));
        if (kept.length === selectors.split(/,(?![^(]*\))/).length) return rule;
        return kept.length === 0 ? '' : `${kept.join(',')}{${body}}`;
    });
}
