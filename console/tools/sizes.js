// SPDX-License-Identifier: Apache-2.0
// Weighs, compressed, what a browser fetches for the sign-in and for the page of licenses together; over the limit, the
// build fails.
import { readFileSync } from 'node:fs';
import { brotliCompressSync } from 'node:zlib';

const LIMIT = 300 * 1024;
const FIRST_PAGES = ['index.html', 'src/pages/sign-in/SignIn.svelte', 'src/pages/licenses/Licenses.svelte'];
/** @type {Record<string, {file: string, css?: string[], imports?: string[]}>} */
const manifest = JSON.parse(readFileSync('dist/.vite/manifest.json', 'utf8'));

/** @type {Set<string>} */
const files = new Set(['index.html']);
/** @param {string} name */
function collect(name) {
    const chunk = manifest[name];
    if (chunk === undefined) throw new Error(`sizes: ${name} is not in the manifest`);
    if (files.has(chunk.file)) return;
    files.add(chunk.file);
    for (const css of chunk.css ?? []) files.add(css);
    for (const other of chunk.imports ?? []) collect(other);
}
FIRST_PAGES.forEach(collect);
for (const { file } of Object.values(manifest)) if (/latin-wght-normal.*\.woff2$/.test(file)) files.add(file);

/** @param {string} file */
function weigh(file) {
    const bytes = readFileSync(`dist/${file}`);
    return file.endsWith('.woff2') ? bytes.length : brotliCompressSync(bytes).length;
}
const sizes = [...files].map((file) => ({ file, size: weigh(file) })).sort((a, b) => b.size - a.size);
for (const { file, size } of sizes.slice(0, 8)) console.log(`${(size / 1024).toFixed(1).padStart(7)} KiB  ${file}`);
const total = sizes.reduce((sum, { size }) => sum + size, 0);
console.log(`${(total / 1024).toFixed(1).padStart(7)} KiB  first pages, of ${LIMIT / 1024} at most`);
if (total > LIMIT) process.exit(1);
