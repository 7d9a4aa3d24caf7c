// What an expression can name: `$json`, `$input`, `$('Node')` and so on, for one item at a time. The evaluator moves
// `index` along; compiled code reads the getters.

const { native } = kernel;
const KEY = /^[\w-]{1,64}$/u;

const fail = (message) => {
  throw new kernel.ExpressionError(message);
};

class Scope {
  constructor(batch, index = 0, position = index) {
    this.batch = batch;
    this.index = index;
    this.position = position;
    this.isCopying = false;
    this.copies = null;
  }

  // Code that changes what it reads gets its own copy, made once an evaluation.
  give(value) {
    if (!this.isCopying || value === null || typeof value !== "object") return value;
    this.copies ??= new Map();
    if (!this.copies.has(value)) this.copies.set(value, kernel.copy(value));
    return this.copies.get(value);
  }

  // An item as the workflow's way with attachments has it.
  giveItem(item, isWhole = false) {
    if (item === undefined) return undefined;
    return this.give(this.batch.request.combined && !isWhole ? item.json : item);
  }

  // A list of items. Code that only reads gets the shared list, so that reading it for every item costs nothing.
  giveItems(items, isWhole = false) {
    const isShared = !this.isCopying && !this.batch.isCode && (!this.batch.request.combined || isWhole);
    return isShared ? items : items.map((item) => this.giveItem(item, isWhole));
  }

  // The same for another item.
  at(index) {
    if (!this.batch.isAll) this.batch.ask("items");
    const other = new Scope(this.batch, index);
    other.isCopying = this.isCopying;
    return other;
  }

  get $json() {
    return this.give(this.batch.row(this.position));
  }
  get $data() {
    return this.$json;
  }
  get $binary() {
    return this.give(this.batch.binary(this.position));
  }
  get $thisItem() {
    return this.give(this.batch.item(this.position));
  }
  get $itemIndex() {
    return this.index;
  }
  get $position() {
    return this.index;
  }
  get $thisItemIndex() {
    return this.index;
  }
  get $runIndex() {
    return this.batch.request.run;
  }
  get $thisRunIndex() {
    return this.batch.request.run;
  }
  get $now() {
    return kernel.luxon().DateTime.now();
  }
  get $today() {
    return kernel.luxon().DateTime.now().set({ hour: 0, minute: 0, second: 0, millisecond: 0 });
  }
  get $execution() {
    const custom = this.batch.fact("execution").customData ?? {};
    const customData = {
      get: (key) => custom[key], getAll: () => ({ ...custom }), set: () => undefined, setAll: () => undefined,
    };
    return { ...this.batch.fact("execution"), customData };
  }
  get $executionId() {
    return this.batch.fact("execution").id;
  }
  get $resumeWebhookUrl() {
    return this.batch.fact("execution").resumeUrl;
  }
  get $mode() {
    return this.batch.fact("execution").mode;
  }
  get $workflow() {
    const { id, name, active } = this.batch.fact("workflow");
    return { id, name, active: active ?? false };
  }
  get $vars() {
    return this.give(this.batch.fact("variables"));
  }
  get $secrets() {
    return this.batch.fact("secrets") ?? fail("Secrets can only be used in credentials");
  }
  get $env() {
    return this.batch.fact("environment") ?? fail("access to env vars denied");
  }
  get $prevNode() {
    const [name, outputIndex, runIndex] = this.batch.fact("previous") ?? [];
    return { name, outputIndex, runIndex };
  }
  get $parameter() {
    return this.resolved(this.batch.fact("parameters"));
  }
  get $rawParameter() {
    return this.batch.fact("parameters");
  }
  get $self() {
    return this.batch.request.context;
  }
  get $agentInfo() {
    return this.batch.request.context.$agentInfo;
  }
  get $tool() {
    const { tool, toolParameters } = this.toolArguments();
    return { name: tool, parameters: toolParameters };
  }
  get $node() {
    return new Proxy({}, { get: (_, name) => this.legacyNode(kernel.guard(name)), has: () => true });
  }

  get $input() {
    return kernel.input(this);
  }
  get $() {
    return (name, isWhole = false) => kernel.node(this, String(name), isWhole === true);
  }
  get $item() {
    return (index) => new View(this.at(index));
  }

  get $items() {
    return (name, output, run) => {
      const previous = this.batch.fact("previous");
      if (name === undefined) {
        const items = this.batch.items();
        const isOnce = previous != null && this.batch.node(previous[0])?.once === true;
        return this.give(isOnce ? items.slice(0, 1) : items);
      }
      const items = this.batch.output(String(name), output, run);
      return this.give(this.batch.node(String(name)).once ? items.slice(0, 1) : items);
    };
  }

  get $fromAI() {
    return (name, description, type, fallback) => {
      if (typeof name !== "string" || name === "") fail("Add a key, e.g. $fromAI('placeholder_name')");
      if (!KEY.test(name)) {
        fail("Invalid parameter key, must be between 1 and 64 characters long and only contain lowercase letters, " +
          "uppercase letters, numbers, underscores, and hyphens");
      }
      const given = this.toolArguments();
      return given[name] ?? given.query?.[name] ?? fallback;
    };
  }
  get $fromAi() {
    return this.$fromAI;
  }
  get $fromai() {
    return this.$fromAI;
  }
  get $evaluateExpression() {
    return (text, index = this.index) => kernel.evaluateInside(`=${String(text).replace(/^=/u, "")}`, this.at(index));
  }
  get $getPairedItem() {
    return undefined;
  }

  // What an AI agent called the node with: apart from its items when it runs as a tool, else its first item.
  toolArguments() {
    return this.batch.request.context.$fromAI ?? this.batch.rows[this.position] ?? fail("No execution data available");
  }

  // `$node["N"]`: the older way to another node, by position instead of lineage.
  legacyNode(name) {
    const scope = this;
    const { batch } = this;
    batch.node(name);
    const item = () => {
      const items = batch.output(name);
      if (scope.index >= items.length) fail(`No data found for item-index: "${scope.index}"`);
      return items[scope.index];
    };
    return {
      get json() { return scope.give(item().json); },
      get data() { return scope.give(item().json); },
      get binary() { return scope.give(item().binary ?? {}); },
      get parameter() { return scope.resolved(batch.node(name).parameters); },
      get params() { return scope.resolved(batch.node(name).parameters); },
      get context() { return batch.node(name).context; },
      get runIndex() { return batch.node(name).runs.length - 1; },
    };
  }

  // Parameters whose texts are expressions, each evaluated when it is read.
  resolved(value) {
    if (typeof value === "string" && value.startsWith("=")) {
      if (this.batch.depth > 20) fail("Parameters refer to each other in a circle");
      this.batch.depth += 1;
      try {
        return kernel.evaluateInside(value, this);
      } finally {
        this.batch.depth -= 1;
      }
    }
    if (value === null || typeof value !== "object") return value;
    this.batch.isLazy = true;
    const result = Array.isArray(value) ? [] : {};
    for (const key of native.Object.keys(value)) {
      native.defineProperty(result, key, { get: () => this.resolved(value[key]), enumerable: true, configurable: true });
    }
    return result;
  }
}

kernel.Scope = Scope;

// What `$item(i)` gives: the same names for another item, and nothing of the machinery behind them.
class View {
  #scope;
  constructor(scope) {
    this.#scope = scope;
  }
  static read(view, name) {
    return view.#scope[name];
  }
}
const { read } = View;
delete View.read;
for (const name of native.Object.getOwnPropertyNames(Scope.prototype).filter((name) => name.startsWith("$"))) {
  native.defineProperty(View.prototype, name, {
    get() {
      return read(this, name);
    },
  });
}
