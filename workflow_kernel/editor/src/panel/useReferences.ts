/** The fields of the data before a node, for the reference picker. Few items are loaded, and only when asked for. */
import { useCallback, useEffect, useRef, useState } from "react";
import type { ReferenceGroup } from "../forms";
import { describeFields, entriesOf } from "../data";
import type { DataSource } from "../data";
import { VARIABLES } from "./variables";

export interface ReferenceSource {
  readonly title: string;
  /** The name of the earlier node; null for the own input. */
  readonly node: string | null;
  readonly source: DataSource;
}

const SAMPLE = 20;
const MOST_NODES = 12;

export function useReferences(sources: readonly ReferenceSource[]): () => readonly ReferenceGroup[] {
  const [groups, setGroups] = useState<readonly ReferenceGroup[]>([]);
  const [isWanted, setWanted] = useState(false);
  const latest = useRef(sources);
  useEffect(() => {
    latest.current = sources;
  });
  const key = sources.map((one) => one.source.key).join("\n");
  useEffect(() => {
    if (!isWanted) return;
    let isCurrent = true;
    const load = async () => {
      const made = await Promise.all(latest.current.slice(0, MOST_NODES).map(groupOf));
      if (isCurrent) setGroups([...made.filter((group) => group.entries.length > 0), VARIABLES]);
    };
    void load();
    return () => { isCurrent = false; };
  }, [key, isWanted]);
  return useCallback(() => {
    // Asked while drawing; the loading begins after it.
    if (!isWanted) queueMicrotask(() => { setWanted(true); });
    return groups;
  }, [groups, isWanted]);
}

async function groupOf({ title, node, source }: ReferenceSource): Promise<ReferenceGroup> {
  try {
    const page = await source.load(0, SAMPLE, "");
    return { title, entries: entriesOf(describeFields(page.items), node) };
  } catch {
    return { title, entries: [] }; // the view of the data says what is wrong with them
  }
}
