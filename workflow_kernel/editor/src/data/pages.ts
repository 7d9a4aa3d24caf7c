/**
 * Items by the page, for views that show a small part of many: a page is asked for when it is looked at, once, and
 * forgotten when many others have been looked at since.
 */
import type { Item } from "../model/types";
import type { ItemsPage } from "../client/client";
import type { Readable } from "../model/observable";
import { Observable } from "../model/observable";
import type { DataSource } from "./source";

export const PAGE = 100;
const KEPT = 40;

export interface PagesState {
  /** Null until the first page has come. */
  readonly total: number | null;
  readonly kind: ItemsPage["kind"];
  readonly columns: ItemsPage["columns"];
  readonly pages: ReadonlyMap<number, readonly Item[]>;
  readonly message: string;
  readonly isLoading: boolean;
}

const NOTHING: PagesState = { total: null, kind: "items", columns: undefined, pages: new Map(), message: "", isLoading: true };

export class Pages implements Readable<PagesState> {
  private readonly state = new Observable(NOTHING);
  private readonly asked = new Map<number, number>();
  private turn = 0;

  constructor(
    private readonly source: DataSource,
    private readonly search = "",
  ) {}

  get = this.state.get;
  subscribe = this.state.subscribe;

  item(index: number): Item | undefined {
    return this.get().pages.get(Math.floor(index / PAGE))?.[index % PAGE];
  }

  /** Have the items from `first` to before `end` loaded. */
  want(first: number, end: number): void {
    const { total, message } = this.get();
    const last = Math.min(end, total ?? PAGE) - 1;
    if (message !== "") return;
    if (total === null) this.ask(0);
    for (let page = Math.floor(Math.max(first, 0) / PAGE); page <= Math.floor(last / PAGE); page++) this.ask(page);
  }

  /** Ask again for what could not be loaded. */
  retry(): void {
    this.asked.clear();
    this.state.update((state) => ({ ...state, message: "", isLoading: true }));
    this.want(0, PAGE);
  }

  private ask(page: number): void {
    const isKnown = this.asked.has(page);
    this.asked.set(page, ++this.turn);
    if (isKnown) return;
    this.state.update((state) => ({ ...state, isLoading: true }));
    this.source.load(page * PAGE, PAGE, this.search).then(
      (found) => { this.keep(page, found); },
      (error: unknown) => {
        this.asked.delete(page);
        this.state.update((state) => ({ ...state, isLoading: false, message: error instanceof Error ? error.message : "The data could not be loaded." }));
      },
    );
  }

  private keep(page: number, found: ItemsPage): void {
    const pages = new Map(this.get().pages).set(page, found.items);
    if (pages.size > KEPT) {
      const oldest = [...pages.keys()].sort((a, b) => (this.asked.get(a) ?? 0) - (this.asked.get(b) ?? 0))[0];
      if (oldest !== undefined) {
        pages.delete(oldest);
        this.asked.delete(oldest);
      }
    }
    const isLoading = [...this.asked.keys()].some((asked) => !pages.has(asked));
    this.state.set({ total: found.total, kind: found.kind, columns: found.columns, pages, message: "", isLoading });
  }
}

/** The loaded items from the first on, up to a gap. */
export function firstItems(state: PagesState, most: number): Item[] {
  const items: Item[] = [];
  for (let page = 0; items.length < most; page++) {
    const found = state.pages.get(page);
    if (found === undefined) break;
    items.push(...found);
  }
  return items.slice(0, most);
}
