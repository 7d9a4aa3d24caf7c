/** Ids and names for new parts of a workflow, made from what people call them; see `workflow_kernel/graph/names.py`. */

const LONGEST = 40;

/** The stem of the id a node of this name gets: `Paid orders` gives `paid_orders`. */
export function idOf(name: string): string {
  const plain = name.toLowerCase().replace(/[^a-z0-9]+/g, "_").replace(/^_+|_+$/g, "");
  return plain.slice(0, LONGEST).replace(/_+$/, "") || "node";
}

/**
 * An id nobody else can make at the same time: two people adding a Filter must not overwrite each other, so it ends in
 * random characters.
 */
export function newId(name: string, isTaken: (id: string) => boolean): string {
  for (;;) {
    const random = Math.floor(Math.random() * 36 ** 5).toString(36).padStart(5, "0");
    const id = `${idOf(name)}_${random}`;
    if (!isTaken(id)) return id;
  }
}

/** The wanted name, with the first number that makes it free where it is taken. */
export function freeName(wanted: string, isTaken: (name: string) => boolean): string {
  if (!isTaken(wanted)) return wanted;
  const stem = wanted.replace(/ \d+$/, "") || wanted;
  for (let number = 2; ; number += 1) {
    const name = `${stem} ${number}`;
    if (!isTaken(name)) return name;
  }
}
