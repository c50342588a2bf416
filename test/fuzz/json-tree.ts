/** JSON as it is written, in which a key may stand twice and a number may have a thousand digits. */
export type JsonTree =
  | { readonly kind: 'object'; readonly entries: readonly (readonly [string, JsonTree])[] }
  | { readonly kind: 'list'; readonly items: readonly JsonTree[] }
  /** Written as it is, JSON or not. */
  | { readonly kind: 'text'; readonly text: string };

export const text = (written: string): JsonTree => ({ kind: 'text', text: written });

export function treeOf(value: unknown): JsonTree {
  if (Array.isArray(value)) return { kind: 'list', items: value.map(treeOf) };
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).map(([key, of]) => [key, treeOf(of)] as const);
    return { kind: 'object', entries };
  }
  return text(JSON.stringify(value));
}

export function written(tree: JsonTree): string {
  if (tree.kind === 'text') return tree.text;
  if (tree.kind === 'list') return `[${tree.items.map(written).join(',')}]`;
  return `{${tree.entries.map(([key, of]) => `${JSON.stringify(key)}:${written(of)}`).join(',')}}`;
}

/** How many places there are at which something else could stand. */
export function placesIn(tree: JsonTree): number {
  if (tree.kind === 'text') return 1;
  const below = tree.kind === 'list' ? tree.items : tree.entries.map(([, of]) => of);
  return below.reduce((sum, of) => sum + placesIn(of), 1);
}

/** The same tree with another one at a place, counted from the root (0) in the order in which it is written. */
export function changedAt(tree: JsonTree, place: number, change: (there: JsonTree) => JsonTree): JsonTree {
  let left = place;
  const walk = (there: JsonTree): JsonTree => {
    if (left === 0) {
      left -= 1;
      return change(there);
    }
    left -= 1;
    if (there.kind === 'text') return there;
    if (there.kind === 'list') return { kind: 'list', items: there.items.map(walk) };
    return { kind: 'object', entries: there.entries.map(([key, of]) => [key, walk(of)] as const) };
  };
  return walk(tree);
}
