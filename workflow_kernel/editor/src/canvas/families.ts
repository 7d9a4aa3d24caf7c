/** What families of node types are called, in the order in which they are offered. */
const TITLES: Readonly<Record<string, string>> = {
  flow: "Flow", data: "Data", web: "Web", code: "Code", ai: "AI", notebook: "Notebooks", files: "Files", database: "Databases", notify: "Messages",
};

export function familyTitle(family: string): string {
  return TITLES[family] ?? family.charAt(0).toUpperCase() + family.slice(1).replaceAll("_", " ");
}

const ORDER = Object.keys(TITLES);

/** Families by use, those of other packages last, by name. */
export function compareFamilies(a: string, b: string): number {
  const place = (family: string): number => (ORDER.includes(family) ? ORDER.indexOf(family) : ORDER.length);
  return place(a) - place(b) || a.localeCompare(b);
}
