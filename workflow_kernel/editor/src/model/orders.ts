/** Numbers beside the entries of a shared map that keep the order of the file. Used by `document.ts`. */

/** Numbers that sort ids as they stand, keeping those they have wherever these rise already. */
export function ordersOf(ids: readonly string[], present: (id: string) => number | undefined): ReadonlyMap<string, number> {
  const known = ids.map(present);
  const following = new Array<number | undefined>(ids.length);
  let next: number | undefined;
  for (let index = ids.length - 1; index >= 0; index -= 1) {
    following[index] = next;
    next = known[index] ?? next;
  }
  const orders = new Map<string, number>();
  let last = -1;
  for (const [index, id] of ids.entries()) {
    const own = known[index];
    const after = following[index];
    if (own !== undefined && own > last) last = own;
    else last = after !== undefined && after > last ? (last + after) / 2 : Math.floor(last) + 1;
    orders.set(id, last);
  }
  return orders;
}
