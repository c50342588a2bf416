/** As many of the items, from the first on, as have room together, a line end each; the first one always. */
export function asManyAsFit<Item>(
  items: readonly Item[],
  lengthOf: (item: Item) => number,
  room: number,
): readonly Item[] {
  let left = room;
  const end = items.findIndex((item, index) => {
    left -= lengthOf(item) + 1;
    return left < 0 && index > 0;
  });
  return end === -1 ? items : items.slice(0, end);
}
