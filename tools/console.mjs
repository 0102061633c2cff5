// SPDX-License-Identifier: Apache-2.0
//
// Run by the build: makes the web console with npm, where what lies in its dist is not up to date, and from that a C
// file for usherd.
//
//     flock CONSOLE node tools/console.mjs CONSOLE enabled|auto CONTRACT.yaml NONE.c OUT.c OUT.bin OUT.d
//
// CONSOLE/node_modules and CONSOLE/dist are shared by all build folders, so the lock: the first build makes them, the
// others find them. What dist was made from is told by a hash, since checking out a branch changes files' times
// without changing the files, and the other way round.
//
// "auto": where the packages cannot be had, usherd is built without the console, with a warning: NONE.c then stands
// for OUT.c, and the next build tries again.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { embed } from './console-embed.mjs';

// Made by the build itself.
const MADE = new Set(['node_modules', 'dist', 'coverage', 'schema.d.ts']);

/** All that the console is made from: files and the folders they are in, without those at the top. */
function sources(folder) {
  const found = { files: [], folders: [] };
  for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (MADE.has(entry.name) || entry.name.startsWith('.') || entry.name.endsWith('~')) continue;
    if (entry.isDirectory()) {
      const below = sources(path);
      found.files.push(...below.files);
      found.folders.push(path, ...below.folders);
    } else {
      found.files.push(path);
    }
  }
  return found;
}

function hashOf(files) {
  const hash = createHash('sha256').update(process.version);
  for (const file of files) hash.update(`${file}\0`).update(createHash('sha256').update(readFileSync(file)).digest());
  return hash.digest('hex');
}

const isSame = (one, other) => one.version === other?.version && one.integrity === other?.integrity;

/** Whether node_modules holds what the lock file says; npm keeps a list there of what it installed. */
function isInstalled(folder) {
  const list = join(folder, 'node_modules', '.package-lock.json');
  if (!existsSync(list)) return false;
  const wanted = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8')).packages;
  const there = JSON.parse(readFileSync(list, 'utf8')).packages;
  return (
    Object.entries(wanted).every(([path, entry]) => path === '' || entry.optional || isSame(entry, there[path])) &&
    Object.entries(there).every(([path, entry]) => wanted[path] && isSame(entry, wanted[path]))
  );
}

// Who has no network hears of it after seconds; npm would try for more than a minute.
const PATIENCE = { npm_config_fetch_retry_mintimeout: '1000', npm_config_fetch_retry_maxtimeout: '5000' };

function npm(folder, ...words) {
  console.log(`npm ${words.join(' ')}`);
  const env = { ...PATIENCE, ...process.env };
  const run = spawnSync('npm', words, { cwd: folder, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  if (run.status !== 0) console.log(`${run.stdout ?? ''}${run.stderr ?? run.error}`);
  return run.status === 0;
}

// No scripts of packages are run: none is needed, and they are strangers.
const INSTALL = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'];

/** Brings dist up to date. What went wrong, or ''. */
function build(folder, hash) {
  const mark = join(folder, 'dist', '.made-from');
  if (existsSync(mark) && readFileSync(mark, 'utf8') === hash) return '';
  if (!isInstalled(folder) && !npm(folder, ...INSTALL)) return 'packages';
  if (!npm(folder, 'run', 'build')) return 'build';
  writeFileSync(mark, hash);
  return '';
}

/** For Ninja: when to run this again. A file that is never there: at the next build. */
function writeDependencies(path, output, files) {
  writeFileSync(path, `${output}:${files.map((file) => ` \\\n  ${file.replace(/[ $#]/g, '\\$&')}`).join('')}\n`);
}

function main([folder, mode, contract, none, outC, outBytes, outDependencies]) {
  const { files, folders } = sources(folder);
  const wrong = build(folder, hashOf([...files, contract]));
  if (wrong === 'packages' && mode === 'auto') {
    console.log('WARNING: usherd is built WITHOUT the web console: its npm packages could not be had, see above.');
    console.log('The next build tries again; -Dconsole=disabled leaves it out for good.');
    copyFileSync(none, outC);
    writeFileSync(outBytes, '');
    writeDependencies(outDependencies, outC, [`${outC}.try-again`]);
    return 0;
  }
  if (wrong !== '') {
    const what = wrong === 'packages' ? 'its npm packages could not be had' : 'npm run build failed in console/';
    console.log(`ERROR: no web console: ${what}, see above. -Dconsole=disabled builds usherd without it.`);
    return 1;
  }
  const made = embed(join(folder, 'dist'), resolve(outBytes));
  writeFileSync(outBytes, made.bytes);
  writeFileSync(outC, made.text);
  writeDependencies(outDependencies, outC, [...files, ...folders]);
  return 0;
}

try {
  process.exitCode = main(process.argv.slice(2));
} catch (error) {
  console.log(`ERROR: ${error.message}`);
  process.exitCode = 1;
}
