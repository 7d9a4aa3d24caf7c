// Which names a piece of code declares, by scope. Used by `rewrite.js` and `run_code.js` to tell a name of the user's
// from one that comes from outside.

const FUNCTIONS = new Set(["FunctionDeclaration", "FunctionExpression", "ArrowFunctionExpression"]);

// Calls `visit` with every child node of `node`.
kernel.eachChild = (node, visit) => {
  for (const key in node) {
    const value = node[key];
    if (value === null || typeof value !== "object") continue;
    if (Array.isArray(value)) {
      for (const child of value) if (child !== null && typeof child === "object" && child.type) visit(child, key);
    } else if (typeof value.type === "string") {
      visit(value, key);
    }
  }
};

// Adds to `names` what a pattern (a parameter, the left side of a declaration) binds.
const bindPattern = (pattern, names) => {
  switch (pattern?.type) {
    case "Identifier": names.add(pattern.name); break;
    case "ObjectPattern": for (const property of pattern.properties) bindPattern(property.value ?? property.argument, names); break;
    case "ArrayPattern": for (const element of pattern.elements) bindPattern(element, names); break;
    case "AssignmentPattern": bindPattern(pattern.left, names); break;
    case "RestElement": bindPattern(pattern.argument, names); break;
    default:
  }
};

// `var` names of a function body, wherever they stand in it.
const bindVars = (node, names) => {
  if (node.type === "VariableDeclaration" && node.kind === "var") {
    for (const declaration of node.declarations) bindPattern(declaration.id, names);
  }
  kernel.eachChild(node, (child) => {
    if (!FUNCTIONS.has(child.type)) bindVars(child, names);
  });
};

const bindBlock = (statements, names) => {
  for (const statement of statements) {
    if (statement.type === "VariableDeclaration") {
      for (const declaration of statement.declarations) bindPattern(declaration.id, names);
    } else if (statement.type === "FunctionDeclaration" || statement.type === "ClassDeclaration") {
      names.add(statement.id.name);
    }
  }
};

// The names that `node` itself brings into scope for what is inside it, or null when it opens no scope.
kernel.namesDeclaredBy = (node) => {
  const names = new Set();
  if (FUNCTIONS.has(node.type)) {
    if (node.type === "FunctionExpression" && node.id) names.add(node.id.name);
    if (node.type !== "ArrowFunctionExpression") names.add("arguments");
    for (const parameter of node.params) bindPattern(parameter, names);
    bindVars(node.body, names);
    return names;
  }
  switch (node.type) {
    case "Program": bindVars(node, names); bindBlock(node.body, names); return names;
    case "BlockStatement": case "StaticBlock": bindBlock(node.body, names); return names;
    case "SwitchStatement": for (const part of node.cases) bindBlock(part.consequent, names); return names;
    case "ForStatement": if (node.init) bindBlock([node.init], names); return names;
    case "ForInStatement": case "ForOfStatement": bindBlock([node.left], names); return names;
    case "CatchClause": bindPattern(node.param, names); return names;
    case "ClassExpression": if (node.id) names.add(node.id.name); return names;
    default: return null;
  }
};

// Whether an identifier stands for a value (and not for a property, a label or the name in a declaration).
kernel.isReference = (parent, key) => {
  switch (parent.type) {
    case "MemberExpression": return key !== "property" || parent.computed;
    case "Property": case "PropertyDefinition": case "MethodDefinition": return key !== "key" || parent.computed;
    case "LabeledStatement": case "BreakStatement": case "ContinueStatement": return false;
    case "MetaProperty": return false;
    default: return true;
  }
};
