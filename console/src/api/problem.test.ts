// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { asProblem, fieldErrors, Problem, problemOf } from './problem';

const answer = (status: number, headers: Record<string, string> = {}): Response =>
  new Response(null, { status, headers });

describe('problemOf', () => {
  test('takes name, text and figures from the body', () => {
    const body = {
      type: '/problems/insufficient-pool',
      title: 'Not enough',
      status: 409,
      detail: 'Give less.',
      requested: 6,
      available: 5,
    };
    const problem = problemOf(body, answer(409));
    expect([problem.name, problem.status, problem.title, problem.detail]).toEqual([
      'insufficient-pool',
      409,
      'Not enough',
      'Give less.',
    ]);
    expect(problem.members.available).toBe(5);
  });
  test('heeds Retry-After', () => {
    expect(problemOf({ type: '/problems/rate-limited' }, answer(429, { 'Retry-After': '30' })).retryAfterS).toBe(30);
    expect(problemOf({}, answer(429)).retryAfterS).toBeNull();
  });
  test.each(['<html>', null, undefined, 7, []])('makes something of %j', (body) => {
    const problem = problemOf(body, answer(502));
    expect(problem.name).toBe('status-502');
    expect(problem.title).toContain('502');
  });
});

describe('asProblem', () => {
  test('a fetch that failed is an unreachable server', () => {
    expect(asProblem(new TypeError('Failed to fetch')).name).toBe('unreachable');
  });
  test('others keep what they say', () => {
    expect(asProblem('odd').detail).toBe('odd');
  });
});

describe('fieldErrors', () => {
  const at = (pointer: string) => new Problem('invalid-request', 400, 'Wrong', 'Too long.', { pointer });
  test('a pointer goes to its field', () => {
    expect(fieldErrors(at('/email'), ['email', 'name'])).toEqual({ at: { email: 'Too long.' }, rest: null });
    expect(fieldErrors(at('/dedications/0/count'), ['count']).at).toEqual({ count: 'Too long.' });
  });
  test('one that points elsewhere is left whole', () => {
    const problem = at('/role');
    expect(fieldErrors(problem, ['email'])).toEqual({ at: {}, rest: problem });
    expect(fieldErrors(at(''), ['email']).at).toEqual({});
  });
  test('no problem, no errors', () => expect(fieldErrors(null, ['email'])).toEqual({ at: {}, rest: null }));
});
