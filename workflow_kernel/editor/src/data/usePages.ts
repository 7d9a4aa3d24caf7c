/** The pages of a source, as React sees them. */
import { useEffect, useMemo, useSyncExternalStore } from "react";
import { Pages } from "./pages";
import type { PagesState } from "./pages";
import type { DataSource } from "./source";

export function usePages(source: DataSource, search: string): readonly [Pages, PagesState] {
  // A source is what its key says, however often it is made.
  // eslint-disable-next-line react-hooks/exhaustive-deps -- see above
  const pages = useMemo(() => new Pages(source, search), [source.key, search]);
  const state = useSyncExternalStore(pages.subscribe, pages.get, pages.get);
  useEffect(() => {
    pages.want(0, 1);
  }, [pages]);
  return [pages, state];
}
