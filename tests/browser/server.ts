// SPDX-License-Identifier: Apache-2.0
// A server of the tests' own, on a free port and a data folder that is gone afterwards; and the API, to prepare what a
// test is not about.
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export const OPERATOR_KEY = 'operator-key-of-the-browser-tests-0123456789';
const USHERD = resolve(process.env.USHERD ?? join(import.meta.dirname ?? '.', '../../build/usherd'));
const START_MS = 60_000;

const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

export class Server {
  readonly #folder = mkdtempSync(join(tmpdir(), 'usher-browser-'));
  #process: ChildProcess | null = null;
  #said = '';
  url = '';

  /** Starts it, and waits until it is ready. */
  async start(...options: string[]): Promise<this> {
    const from = this.#said.length;
    const child = spawn(USHERD, ['--data', join(this.#folder, 'data'), '--listen', '127.0.0.1:0', ...options], {
      env: { ...process.env, USHER_OPERATOR_KEY: OPERATOR_KEY },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => (this.#said += part));
    this.#process = child;
    const deadline = Date.now() + START_MS;
    while (!(await this.#serves(this.#said.slice(from)))) {
      if (child.exitCode !== null || Date.now() > deadline) throw new Error(`usherd did not start:\n${this.#said}`);
      await sleep(50);
    }
    return this;
  }

  /** Whether it does; on which port, the system has told it. */
  async #serves(said: string): Promise<boolean> {
    const url = /serves (http:\S+) from/.exec(said)?.[1];
    if (url === undefined) return false;
    this.url = url;
    return fetch(`${url}/readyz`).then(
      (answer) => answer.ok,
      () => false,
    );
  }

  /** What it has printed so far. */
  get said(): string {
    return this.#said;
  }

  /** Ends it; throws unless it ends well. */
  async stop(): Promise<void> {
    const child = this.#process;
    if (child === null) return;
    const ended = new Promise<number | null>((done) => child.on('exit', done));
    child.kill('SIGTERM');
    const code = child.exitCode ?? (await ended);
    rmSync(this.#folder, { recursive: true, force: true });
    if (code !== 0) throw new Error(`usherd ended with ${code}:\n${this.#said}`);
  }
}

export type Json = Record<string, any>;

/** Speaks to the server with a key. */
export class Api {
  constructor(
    readonly url: string,
    readonly key = OPERATOR_KEY,
  ) {}

  /** The answer's body; null for an empty one. Throws unless the status is `expected`, or any that is good. */
  async call(method: string, path: string, body?: Json, expected?: number): Promise<Json> {
    const answer = await fetch(`${this.url}/v1/${path}`, {
      method,
      headers: { Authorization: `Bearer ${this.key}`, 'Content-Type': 'application/json' },
      body: body === undefined ? null : JSON.stringify(body),
    });
    const text = await answer.text();
    const good = expected === undefined ? answer.ok : answer.status === expected;
    if (!good) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text === '' ? {} : JSON.parse(text);
  }

  get = (path: string): Promise<Json> => this.call('GET', path);
  post = (path: string, body: Json): Promise<Json> => this.call('POST', path, body);
  put = (path: string, body?: Json): Promise<Json> => this.call('PUT', path, body);

  /** A key of a user's own. */
  async keyOf(account: string, user: string): Promise<Api> {
    const key = await this.post(`accounts/${account}/api-keys`, { name: 'A program', role: 'member', user });
    return new Api(this.url, key.secret);
  }
}
