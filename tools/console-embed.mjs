// SPDX-License-Identifier: Apache-2.0
//
// Turns a folder of files into the table of src/server/console.h: C for the table, and one file with the bytes, which
// the assembler takes in whole; as text they would take the compiler longer than the whole server.
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { extname, join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const TYPES = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/vnd.microsoft.icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
};

/** The paths of all files, from the folder on: "/assets/a.js". What begins with a dot is left out. */
function list(folder, path = '') {
  return readdirSync(join(folder, path), { withFileTypes: true })
    .filter((entry) => !entry.name.startsWith('.'))
    .flatMap((entry) => (entry.isDirectory() ? list(folder, `${path}/${entry.name}`) : `${path}/${entry.name}`))
    .sort();
}

function brotli(bytes) {
  const parameters = {
    [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
    [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
  };
  return brotliCompressSync(bytes, { params: parameters });
}

/** The forms of a file, in the order of enum console_coding; null where compressing gains less than a twentieth. */
function forms(bytes) {
  const smaller = [brotli(bytes), gzipSync(bytes, { level: 9 })];
  return [...smaller.map((form) => (form.length * 20 < bytes.length * 19 ? form : null)), bytes];
}

function describe(path) {
  const type = TYPES[extname(path)];
  if (!/^[A-Za-z0-9._/-]+$/.test(path)) throw new Error(`${path}: a name that is not plain`);
  if (type === undefined) throw new Error(`${path}: no content type is known for this extension (${import.meta.url})`);
  return type;
}

const head = (bytesPath) => `#include "server/console.h"

__asm__(".pushsection .rodata\\n"
        ".globl console_bytes\\n"
        ".hidden console_bytes\\n"
        "console_bytes:\\n"
        ".incbin ${JSON.stringify(JSON.stringify(bytesPath)).slice(1, -1)}\\n"
        ".popsection\\n");
extern const unsigned char console_bytes[] __attribute__((visibility("hidden")));

const struct console_file console_files[] = {
`;

/** The table in C and the bytes, which will be at bytesPath. */
export function embed(folder, bytesPath) {
  const paths = list(folder);
  if (!paths.includes('/index.html')) throw new Error(`${folder} has no index.html`);
  const pieces = [];
  let length = 0;
  const place = (form) => {
    if (form === null) return '{0}';
    pieces.push(form);
    length += form.length;
    return `{console_bytes + ${length - form.length}, ${form.length}}`;
  };
  const rows = paths.map((path) => {
    const bytes = readFileSync(join(folder, path));
    const tag = createHash('sha256').update(bytes).digest('base64url').slice(0, 22);
    return `    {"${path}", "${describe(path)}", "${tag}", {${forms(bytes).map(place).join(', ')}}},\n`;
  });
  return { text: `${head(bytesPath)}${rows.join('')}    {0},\n};\n`, bytes: Buffer.concat(pieces) };
}
