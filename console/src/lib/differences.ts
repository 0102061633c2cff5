// SPDX-License-Identifier: Apache-2.0
// What a PATCH sends: the members that are not as they were.

/** The members of `after` whose value is another than in `before`. Values are compared as they are: no objects. */
export function differences<T extends object>(before: T, after: Partial<T>): Partial<T> {
  const keys = Object.keys(after) as (keyof T)[];
  return Object.fromEntries(
    keys.filter((key) => after[key] !== before[key]).map((key) => [key, after[key]]),
  ) as Partial<T>;
}
