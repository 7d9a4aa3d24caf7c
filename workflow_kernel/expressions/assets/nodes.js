// `$input` and `$('Node')`: the items of the current node's input and of earlier nodes, as expressions and code see them.


const fail = (message) => {
  throw new kernel.ExpressionError(message);
};

const withoutArguments = (name, args) => {
  if (args.length > 0) fail(`$input.${name}() should have no arguments`);
};

kernel.input = (scope) => {
  const { batch } = scope;
  const items = () => {
    const all = batch.items();
    return all.length === 0 && !batch.isCode ? fail("No execution data available") : all;
  };
  return {
    get item() {
      if (batch.count === 0) fail("No execution data available");
      return scope.giveItem(batch.item(batch.position(scope.index)));
    },
    first: (...args) => {
      withoutArguments("first", args);
      return scope.giveItem(items()[0]);
    },
    last: (...args) => {
      withoutArguments("last", args);
      return scope.giveItem(items().at(-1));
    },
    all: (...args) => {
      withoutArguments("all", args);
      return scope.giveItems(items());
    },
    get params() {
      return scope.resolved(batch.fact("parameters"));
    },
    get context() {
      return batch.request.context;
    },
  };
};

const matching = (scope, name, isWhole) => (index) => {
  if (index === undefined) fail("Missing item index for .itemMatching() (e.g. add .itemMatching(0))");
  return scope.giveItem(scope.batch.match(name, index), isWhole);
};

kernel.node = (scope, name, isWhole) => {
  const { batch } = scope;
  if (name === "") fail("When calling $(), please specify a node");
  batch.node(name);
  const give = (item) => scope.giveItem(item, isWhole);
  return {
    get isExecuted() {
      return batch.node(name).runs.length > 0;
    },
    get item() {
      return give(batch.match(name, scope.index));
    },
    pairedItem: (index = scope.index) => give(batch.match(name, index)),
    itemMatching: matching(scope, name, isWhole),
    first: (output, run) => give(batch.output(name, output, run)[0]),
    last: (output, run) => give(batch.output(name, output, run).at(-1)),
    all: (output, run) => scope.giveItems(batch.output(name, output, run), isWhole),
    get params() {
      return scope.resolved(batch.node(name).parameters);
    },
    get context() {
      return batch.node(name).context;
    },
  };
};
