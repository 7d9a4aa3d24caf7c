// Turns the code of one `{{ }}` into a function body that can reach nothing but the scope it is given. Every free name
// is resolved here, every property name that could lead out of the sandbox is refused or guarded, and calls whose name
// an extension function has go through `extend`. Works on positions in the text, so what is not touched stays as is.

const RESERVED = new Set([
  "___n8n_data", "__sanitize", "__scope", "__globals", "__extend", "__guard", "__chain", "__unknown",
]);
const MUTATING = new Set([
  "push", "pop", "shift", "unshift", "splice", "sort", "reverse", "fill", "copyWithin", "assign", "set", "add", "delete",
  "clear", "freeze", "seal", "preventExtensions",
]);
const ALL_ITEMS = new Set(["$input", "$items", "$item"]);
const FACTS = new Set([
  "$parameter", "$rawParameter", "$execution", "$executionId", "$workflow", "$vars", "$env", "$secrets", "$mode",
  "$prevNode", "$resumeWebhookUrl", "$evaluateExpression", "$self", "$items", "$fromAI", "$fromAi", "$fromai", "$tool",
  "$agentInfo", "$input",
]);

const UNEXTENDABLE = new Set(["Function", "GeneratorFunction", "AsyncFunction", "AsyncGeneratorFunction"]);

const refuse = (name) => {
  throw new kernel.ExpressionError(kernel.securityMessage(name));
};

const reserve = (name) => {
  if (RESERVED.has(name)) throw new kernel.ExpressionReservedVariableError(name);
};

// Where a node stands: the names declared around it, whether `this` is bound there, whether it is in an optional chain.
class Place {
  constructor(scopes, hasThis, isInChain) {
    this.scopes = scopes;
    this.hasThis = hasThis;
    this.isInChain = isInChain;
  }

  declares(name) {
    return this.scopes.some((scope) => scope.has(name));
  }

  chained(isInChain) {
    return isInChain === this.isInChain ? this : new Place(this.scopes, this.hasThis, isInChain);
  }

  inside(node) {
    const names = kernel.namesDeclaredBy(node);
    const hasThis = this.hasThis || names?.has("arguments") || node.type.startsWith("Class");
    for (const name of names ?? []) reserve(name);
    return new Place(names === null ? this.scopes : [...this.scopes, names], hasThis, false);
  }
}

class Rewriter {
  constructor(code) {
    this.code = code;
    this.uses = { json: false, keys: new Set(), wholeJson: false, binary: false, all: false, facts: false };
    this.isMutating = false;
    this.hasUnknown = false;
    this.isAsync = false;
  }

  // The rewritten text of a node.
  render(node, parent, key, place) {
    switch (node.type) {
      case "Identifier": return kernel.isReference(parent, key) ? this.identifier(node, parent, key, place) : node.name;
      case "ThisExpression": return place.hasThis ? "this" : "__globals.this";
      case "ChainExpression": return this.children(node, place.chained(true));
      case "MemberExpression": return this.member(node, place);
      case "CallExpression": return this.call(node, place);
      case "Property": return this.property(node, parent, place.chained(false));
      case "ImportExpression": case "MetaProperty": throw new SyntaxError("import is not available");
      case "FunctionExpression": case "FunctionDeclaration": case "ArrowFunctionExpression":
        this.isAsync ||= node.async;
        break;
      case "WithStatement": throw new kernel.ExpressionWithStatementError();
      case "ClassDeclaration": case "ClassExpression": this.inheritance(node); break;
      case "AssignmentExpression": case "UpdateExpression": this.assignment(node); break;
      case "UnaryExpression": if (node.operator === "delete") this.isMutating = true; break;
      default:
    }
    return this.children(node, place.inside(node));
  }

  // The text of a node with each of its children rewritten.
  children(node, place, start = node.start, end = node.end) {
    const parts = [];
    kernel.eachChild(node, (child, key) => {
      if (child.start >= start && child.end <= end) parts.push([child, key]);
    });
    parts.sort((a, b) => a[0].start - b[0].start);
    let result = "";
    let position = start;
    for (const [child, key] of parts) {
      result += this.code.slice(position, child.start) + this.render(child, node, key, place);
      position = child.end;
    }
    return result + this.code.slice(position, end);
  }

  identifier(node, parent, key, place) {
    const { name } = node;
    if (place.declares(name) || name === "undefined") return name;
    if (kernel.blockedNames.has(name) && name !== "constructor" && name !== "arguments") refuse(name);
    reserve(name);
    return this.outside(name, parent, key);
  }

  // How a name from outside is reached.
  outside(name, parent, key) {
    if (name in kernel.globals) return `__globals.${name}`;
    if (!(name in kernel.Scope.prototype) || !(name.startsWith("$"))) {
      this.hasUnknown = true;
      return `__unknown.${name}`;
    }
    this.note(name, parent, key);
    return `__scope.${name}`;
  }

  // Remembers which data the code reads, so that only that is sent.
  note(name, parent, key) {
    const { uses } = this;
    if (name === "$json" || name === "$data") {
      const field = parent.type === "MemberExpression" && key === "object" ? this.literalKey(parent) : null;
      uses.json = true;
      if (field === null) uses.wholeJson = true;
      else uses.keys.add(field);
    }
    if (name === "$binary") uses.binary = true;
    if (name === "$tool" || /^\$fromai$/iu.test(name)) uses.json = uses.wholeJson = true;
    if (name === "$thisItem") uses.json = uses.wholeJson = uses.binary = true;
    if (ALL_ITEMS.has(name)) uses.all = uses.binary = true;
    if (FACTS.has(name)) uses.facts = true;
  }

  literalKey(member) {
    if (!member.computed) return member.property.name ?? null;
    return typeof member.property.value === "string" ? member.property.value : null;
  }

  // Functions are made by the language alone, never by a class of the user's.
  inheritance(node) {
    const base = node.superClass?.type === "Identifier" ? node.superClass.name : null;
    if (UNEXTENDABLE.has(base)) throw new kernel.ExpressionClassExtensionError(base);
  }

  assignment(node) {
    const target = node.left ?? node.argument;
    if (target.type !== "Identifier") this.isMutating = true;
  }

  property(node, parent, place) {
    const name = node.computed ? null : String(node.key.name ?? node.key.value);
    const isPattern = parent.type === "ObjectPattern";
    if (isPattern && node.computed) throw new kernel.ExpressionComputedDestructuringError();
    if (isPattern && kernel.blockedNames.has(name)) throw new kernel.ExpressionDestructuringError(name);
    if (name === "__proto__") refuse(name);
    if (!node.shorthand) {
      const key = node.computed ? this.guarded(node.key, node, place) : this.code.slice(node.key.start, node.key.end);
      const value = this.render(node.value, node, "value", place);
      return this.code.slice(node.start, node.key.start) + key + this.code.slice(node.key.end, node.value.start) + value +
        this.code.slice(node.value.end, node.end);
    }
    if (isPattern) {
      if (node.value.type !== "AssignmentPattern") return name;
      return `${name} = ${this.render(node.value.right, node.value, "right", place)}`;
    }
    return place.declares(name) || name === "undefined" ? name : `${name}: ${this.outside(name, node, "value")}`;
  }

  // A computed property name, checked now when it is a literal and on every use otherwise.
  guarded(key, parent, place) {
    if (key.type === "Literal" && typeof key.value !== "object") {
      if (kernel.blockedNames.has(String(key.value))) refuse(String(key.value));
      return this.code.slice(key.start, key.end);
    }
    return `__guard(${this.render(key, parent, "property", place.chained(false))})`;
  }

  member(node, place) {
    const object = this.render(node.object, node, "object", place);
    const before = this.code.slice(node.start, node.object.start);
    const between = this.code.slice(node.object.end, node.property.start);
    if (node.computed) {
      return before + object + between + this.guarded(node.property, node, place) + this.code.slice(node.property.end, node.end);
    }
    if (kernel.blockedNames.has(node.property.name)) refuse(node.property.name);
    return before + object + between + this.code.slice(node.property.start, node.end);
  }

  call(node, place) {
    const { callee } = node;
    const name = callee.type === "MemberExpression" && !callee.computed ? callee.property.name : undefined;
    if (MUTATING.has(name)) this.isMutating = true;
    if (!kernel.extensionNames.has(name) || callee.object.type === "Super" || this.isGlobal(callee.object, place)) {
      const text = this.render(callee, node, "callee", place);
      const rest = this.children(node, place.chained(false), callee.end, node.end);
      return this.code.slice(node.start, callee.start) + text + rest;
    }
    const dot = this.find(callee.object.end, ".?");
    const object = this.code.slice(callee.start, callee.object.start) +
      this.render(callee.object, callee, "object", place) + this.code.slice(callee.object.end, dot);
    const open = this.find(callee.property.end, "(");
    const values = this.children(node, place.chained(false), open + 1, node.end - 1);
    if (place.isInChain && (callee.optional || this.hasOptional(callee.object))) {
      return `${object}${callee.optional ? "?." : ""}[__chain.${name}](${values})`;
    }
    return `__extend(${object},"${name}",[${values}\n])`;
  }

  // The position of the first of `signs` from `start` on, comments left out.
  find(start, signs) {
    let position = start;
    while (position < this.code.length && !signs.includes(this.code[position])) {
      if (this.code.startsWith("/*", position)) position = this.code.indexOf("*/", position) + 2;
      else if (this.code.startsWith("//", position)) position = this.code.indexOf("\n", position) + 1;
      else position += 1;
    }
    return position;
  }

  hasOptional(node) {
    for (let link = node; ; ) {
      if (link.optional) return true;
      if (link.type === "MemberExpression") link = link.object;
      else if (link.type === "CallExpression") link = link.callee;
      else return false;
    }
  }

  isGlobal(node, place) {
    if (node.type !== "Identifier" || place.declares(node.name)) return false;
    const value = kernel.globals[node.name];
    return value !== undefined && typeof value !== "number" && !(node.name in kernel.functions);
  }
}

const parse = (code) => kernel.library("acorn").parse(code, { ecmaVersion: "latest", allowReturnOutsideFunction: true });

const tryParse = (code) => {
  try {
    return parse(code);
  } catch {
    return null;
  }
};

// The rewritten body of a function that gives the value of `code`, with what it reads.
kernel.rewrite = (source) => {
  let code = `(${source}\n)`;
  let tree = tryParse(code);
  if (tree === null || tree.body.length !== 1 || tree.body[0].type !== "ExpressionStatement") {
    code = source;
    tree = parse(code);
  }
  const rewriter = new Rewriter(code);
  const place = new Place([], false, false).inside(tree);
  const statements = tree.body.map((statement) => rewriter.render(statement, tree, "body", place));
  const last = tree.body.at(-1);
  if (last?.type === "ExpressionStatement") {
    const value = rewriter.render(last.expression, last, "expression", place);
    statements[statements.length - 1] = `return (${value}\n);`;
  }
  if (rewriter.isAsync) throw new SyntaxError("async functions are not available");
  const unknown = rewriter.hasUnknown ? "const __unknown = __globals.Object.create(null); " : "";
  return { body: unknown + statements.join("\n"), uses: rewriter.uses, isMutating: rewriter.isMutating };
};
