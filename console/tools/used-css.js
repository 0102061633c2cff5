// SPDX-License-Identifier: Apache-2.0
import postcss from 'postcss';

const TOKEN = /bx--[A-Za-z0-9_-]*/g;

/**
 * Leaves out of the built stylesheets what Carbon has for components that this console does not use: rules with a
 * `bx--` class that stands in no script. A script that puts a name together (`bx--btn--${kind}`) keeps all that begin
 * so.
 * @returns {import('vite').Plugin}
 */
export function usedCss() {
    return {
        name: 'used-css',
        apply: 'build',
        enforce: 'post',
        generateBundle(_, bundle) {
            const isUsed = uses(
                Object.values(bundle).flatMap((file) => (file.type === 'chunk' ? (file.code.match(TOKEN) ?? []) : [])),
            );
            for (const file of Object.values(bundle)) {
                if (file.type === 'asset' && file.fileName.endsWith('.css'))
                    file.source = pruned(String(file.source), isUsed);
            }
        },
    };
}

/** @param {string[]} tokens @returns {(name: string) => boolean} */
function uses(tokens) {
    const whole = new Set(tokens);
    const beginnings = [...whole].filter((token) => token.endsWith('-') && token !== 'bx--');
    return (name) => whole.has(name) || beginnings.some((beginning) => name.startsWith(beginning));
}

/** @param {string} css @param {(name: string) => boolean} isUsed */
function pruned(css, isUsed) {
    const root = postcss.parse(css);
    root.walkRules((rule) => {
        const kept = rule.selectors.filter((selector) => needed(selector).every(isUsed));
        if (kept.length === 0) rule.remove();
        else if (kept.length < rule.selectors.length) rule.selectors = kept;
    });
    root.walkAtRules((rule) => {
        if (rule.nodes?.length === 0) rule.remove();
    });
    return root.toString();
}

/** The classes without which a selector matches nothing: those in :not(), :is() and the like do not count. */
function needed(/** @type {string} */ selector) {
    let plain = selector;
    for (let before = ''; before !== plain;) {
        before = plain;
        plain = plain.replace(/:(?:not|is|where|has)\([^()]*\)/g, '');
    }
    return (plain.match(/\.bx--[A-Za-z0-9_-]+/g) ?? []).map((name) => name.slice(1));
}
