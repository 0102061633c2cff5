// SPDX-License-Identifier: Apache-2.0
// The figures of levels as a tree. The server lists them depth first, so a node's subtree is what follows it, deeper.
import type { PoolRow } from '$/api/schema';

export interface TreeRow {
  row: PoolRow;
  /** 1 for those right below the top. */
  depth: number;
  /** Whether rows of its subtree are known. */
  hasChildren: boolean;
  expanded: boolean;
}

/**
 * The rows that are to be seen: those of which no level above is collapsed. `top` is the level whose own row stands
 * elsewhere; a row whose parent is not in the list (it is not the reader's to see, or not loaded) stands right below.
 */
export function visibleRows(rows: readonly PoolRow[], top: string, isCollapsed: (level: string) => boolean): TreeRow[] {
  const depths = new Map<string, number>([[top, 0]]);
  const visible: TreeRow[] = [];
  let hiddenBelow = Infinity;
  for (const [i, row] of rows.entries()) {
    if (row.level === top) continue;
    const depth = (depths.get(row.parent ?? top) ?? 0) + 1;
    depths.set(row.level, depth);
    if (depth > hiddenBelow) continue;
    const hasChildren = rows[i + 1]?.parent === row.level;
    const expanded = hasChildren && !isCollapsed(row.level);
    hiddenBelow = hasChildren && !expanded ? depth : Infinity;
    visible.push({ row, depth, hasChildren, expanded });
  }
  return visible;
}

/** Where the parent of a visible row stands; -1 for a row right below the top. */
export function parentIndex(visible: readonly TreeRow[], index: number): number {
  const depth = visible[index]?.depth ?? 0;
  return visible.slice(0, index).findLastIndex((one) => one.depth < depth);
}
