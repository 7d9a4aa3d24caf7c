"""Emitting lists, objects, comprehensions, lambdas and calls; the second half of ``python_emit``."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

from workflow_kernel.expressions import python_functions, python_rules
from workflow_kernel.expressions.functions import CONSTANTS, FUNCTIONS, KEY_FUNCTIONS, NAMESPACES, TYPES
from workflow_kernel.expressions.python_attributes import closest, no_method
from workflow_kernel.expressions.python_emit import EmitterBase
from workflow_kernel.expressions.python_source import MARK

Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


class Emitter(EmitterBase):
    """Emits every construct there is."""

    # Lists and objects

    def on_List(self, node: ast.List) -> ast.expr:  # noqa: N802
        return self.weighed(node, ast.List([self.element(part) for part in node.elts], ast.Load()))

    def on_Tuple(self, node: ast.Tuple) -> ast.expr:  # noqa: N802
        return self.weighed(node, ast.Tuple([self.element(part) for part in node.elts], ast.Load()))

    def on_Set(self, node: ast.Set) -> ast.expr:  # noqa: N802
        return self.weighed(node, ast.Set([self.element(part) for part in node.elts]))

    def on_Dict(self, node: ast.Dict) -> ast.expr:  # noqa: N802
        keys = [None if key is None else self.emit(key) for key in node.keys]
        values = [
            self.emit(value)
            if key is not None
            else self.call_constant(python_functions.mapping, self.emit(value), at=node)
            for key, value in zip(node.keys, node.values, strict=True)
        ]
        return self.weighed(node, ast.Dict(keys, values))

    def element(self, node: ast.expr) -> ast.expr:
        if isinstance(node, ast.Starred):
            return self.place(ast.Starred(self.walk(node.value, 1), ast.Load()), node)
        return self.emit(node)

    def weighed(self, node: ast.expr, made: ast.expr) -> ast.expr:
        made = self.place(made, node)
        return made if python_rules.is_small(node) else self.invoke(self.helper("_weigh", node), made, at=node)

    def walk(self, node: ast.expr, cost: int) -> ast.expr:
        source = self.constant(self.source(node), node)
        return self.invoke(self.helper("_walk", node), self.emit(node), self.constant(cost, node), source, at=node)

    # Comprehensions

    def on_ListComp(self, node: ast.ListComp) -> ast.expr:  # noqa: N802
        generators, (element,) = self.loops(node, [node.elt])
        return self.weighed(node, ast.ListComp(element, generators))

    def on_SetComp(self, node: ast.SetComp) -> ast.expr:  # noqa: N802
        generators, (element,) = self.loops(node, [node.elt])
        return self.weighed(node, ast.SetComp(element, generators))

    def on_DictComp(self, node: ast.DictComp) -> ast.expr:  # noqa: N802
        generators, (key, value) = self.loops(node, [node.key, node.value])
        return self.weighed(node, ast.DictComp(key, value, generators))

    def generator(self, node: ast.GeneratorExp, function: str) -> ast.expr:
        """A generator given to a function: lazy for any and all, a list for the others."""
        generators, (element,) = self.loops(node, [node.elt])
        if function in ("any", "all"):
            return self.place(ast.GeneratorExp(element, generators), node)
        made = self.place(ast.ListComp(element, generators), node)
        return made if function in python_rules.CONSUMERS else self.invoke(self.helper("_weigh", node), made, at=node)

    def loops(self, node: Comprehension, results: Sequence[ast.expr]) -> tuple[list[ast.comprehension], list[ast.expr]]:
        """The loops and results of a comprehension, its names known inside only."""
        outside, repeated = self.locals, self.is_repeated
        bodies = [*results, *(test for loop in node.generators for test in loop.ifs)]
        cost = python_rules.loop_cost(bodies)
        emitted = []
        for loop in node.generators:
            if loop.is_async:
                raise self.refuse(node, "'async for' is not available.", "Write for.")
            values = self.walk(loop.iter, cost)
            target = self.target(loop.target)
            self.is_repeated = True
            emitted.append(ast.comprehension(target, values, [self.emit(test) for test in loop.ifs], 0))
        made = [self.emit(result) for result in results]
        self.locals, self.is_repeated = outside, repeated
        return emitted, made

    def target(self, node: ast.expr) -> ast.expr:
        """The names a loop gives; known from here on."""
        if isinstance(node, ast.Name):
            self.bind(node, node.id)
            return self.place(ast.Name(node.id, ast.Store()), node)
        if isinstance(node, ast.Tuple | ast.List):
            return self.place(ast.Tuple([self.target(part) for part in node.elts], ast.Store()), node)
        raise self.refuse(node, "A loop gives plain names.", "E.g. for key, value in $json.items().")

    def bind(self, node: ast.AST, name: str) -> None:
        if name.startswith(("_", MARK)):
            raise self.refuse(node, f"A name of your own cannot start with '_' or '$': '{name.replace(MARK, '$')}'.")
        self.locals = self.locals | {name}

    # Calls

    def on_Call(self, node: ast.Call) -> ast.expr:  # noqa: N802
        function = node.func
        if isinstance(function, ast.Attribute):
            return self.method_call(node, function)
        if not isinstance(function, ast.Name):
            raise self.refuse(node, "Only functions and methods can be called.", "E.g. len(x) or x.upper().")
        name = function.id
        if name.startswith(MARK):
            return self.dollar_call(node, name[1:])
        if name in self.locals:
            raise self.refuse(node, f"'{name}' is a value, not a function.", f"Remove the brackets after {name}.")
        if name == "isinstance":
            return self.isinstance_call(node)
        if name in FUNCTIONS:
            return self.own_call(node, name, FUNCTIONS[name])
        if "" in NAMESPACES.get(name, {}):
            return self.own_call(node, name, NAMESPACES[name][""])
        raise self.unknown_name(function, name)

    def own_call(self, node: ast.Call, name: str, function: Any) -> ast.expr:
        arguments = [self.name("_meter", node), *self.arguments(node, name)]
        callee = self.own(function, node, name.replace(".", "_"))
        return self.place(ast.Call(callee, arguments, self.named(node, name)), node)

    def arguments(self, node: ast.Call, name: str) -> list[ast.expr]:
        return [
            self.generator(argument, name) if isinstance(argument, ast.GeneratorExp) else self.emit(argument)
            for argument in node.args
        ]

    def named(self, node: ast.Call, name: str) -> list[ast.keyword]:
        made = []
        takes_key = isinstance(node.func, ast.Name) and name in python_rules.KEYED
        for keyword in node.keywords:
            if keyword.arg is None:
                raise self.refuse(keyword.value, "'**' is only available inside {...}.", "E.g. {**a, **b}.")
            if keyword.arg.startswith("_"):
                raise self.refuse(keyword.value, f"Names that start with '_' are not available: '{keyword.arg}'.")
            value = self.key(keyword.value) if keyword.arg == "key" and takes_key else self.emit(keyword.value)
            made.append(ast.keyword(keyword.arg, value))
        return made

    def key(self, node: ast.expr) -> ast.expr:
        """What stands after ``key=``: a lambda, the name of a function, or a method such as ``str.lower``."""
        if isinstance(node, ast.Lambda):
            return self.key_lambda(node)
        if isinstance(node, ast.Name) and node.id in KEY_FUNCTIONS and node.id not in self.locals:
            return self.call_constant(KEY_FUNCTIONS[node.id], at=node)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in TYPES:
            self.check_attribute(node)
            value = self.name("_value_of_key", node)
            return self.function_of("_value_of_key", self.call_method(node, value, "value"))
        return self.emit(node)

    def key_lambda(self, node: ast.Lambda) -> ast.expr:
        given = node.args
        if given.vararg or given.kwarg or given.kwonlyargs or given.defaults or len(given.args) != 1:
            raise self.refuse(node, "A key's lambda takes one name.", "E.g. key=lambda row: row.price.")
        outside, repeated = self.locals, self.is_repeated
        self.bind(node, given.args[0].arg)
        self.is_repeated = True
        body = self.emit(node.body)
        self.locals, self.is_repeated = outside, repeated
        # A lambda runs once for each element: what it does is counted each time.
        cost = self.constant(python_rules.loop_cost([node.body]), node)
        counted = ast.Tuple([self.invoke(self.helper("_charge", node), cost, at=node), body], ast.Load())
        value = ast.Subscript(self.place(counted, node), self.constant(1, node), ast.Load())
        return self.function_of(given.args[0].arg, self.place(value, node))

    def function_of(self, name: str, body: ast.expr) -> ast.expr:
        arguments = ast.arguments(posonlyargs=[], args=[ast.arg(name)], kwonlyargs=[], kw_defaults=[], defaults=[])
        return self.place(ast.Lambda(arguments, body), body)

    def method_call(self, node: ast.Call, function: ast.Attribute) -> ast.expr:
        self.check_attribute(function)
        owner = function.value
        if isinstance(owner, ast.Name) and owner.id in NAMESPACES and owner.id not in self.locals:
            members = NAMESPACES[owner.id]
            if function.attr not in members:
                raise self.no_member(node, owner.id, function.attr)
            return self.own_call(node, f"{owner.id}.{function.attr}", members[function.attr])
        if isinstance(owner, ast.Constant):
            self.check_literal_method(owner, function)
        call = self.call_method(function, self.emit(owner), self.source(owner))
        assert isinstance(call, ast.Call)
        call.args.extend(self.arguments(node, "method"))
        call.keywords.extend(self.named(node, function.attr))
        return self.place(call, node)

    def check_literal_method(self, owner: ast.Constant, function: ast.Attribute) -> None:
        """Methods of a literal are known now, and so is a wrong one."""
        if function.attr in ("format", "format_map", "encode", "translate"):
            error = no_method(owner.value, function.attr, "text")
            raise self.refuse(function, error.message, error.mend)

    def call_method(self, function: ast.Attribute, value: ast.expr, source: str) -> ast.expr:
        name, shown = self.constant(function.attr, function), self.constant(source, function)
        return self.invoke(self.helper("_call", function), value, name, shown, at=function)

    def no_member(self, node: ast.AST, space: str, name: str) -> Exception:
        names = [*(part for part in NAMESPACES[space] if part), *CONSTANTS.get(space, {})]
        close = closest(name, names)
        mend = f"Did you mean {space}.{close}?" if close else f"There are {', '.join(names)}."
        if space in python_rules.dollar_names():
            mend = f"{mend} The item's data is ${space}."
        return self.refuse(node, f"There is no {space}.{name}.", mend)

    def namespace_constant(self, node: ast.Attribute, space: str) -> ast.expr:
        constants = CONSTANTS.get(space, {})
        if node.attr in constants:
            return self.constant(constants[node.attr], node)
        if node.attr in NAMESPACES[space]:
            raise self.refuse(node, f"'{space}.{node.attr}' is a function.", f"Call it: {space}.{node.attr}(...).")
        raise self.no_member(node, space, node.attr)

    def isinstance_call(self, node: ast.Call) -> ast.expr:
        if len(node.args) != 2 or node.keywords:
            raise self.refuse(node, "isinstance() takes a value and a type.", "E.g. isinstance($json.n, int).")
        wanted = node.args[1]
        parts = wanted.elts if isinstance(wanted, ast.Tuple) else [wanted]
        names = [part.id for part in parts if isinstance(part, ast.Name) and part.id in TYPES]
        if len(names) != len(parts):
            raise self.refuse(wanted, "This is not a type isinstance() takes.", f"There are {', '.join(TYPES)}.")
        shown = self.constant(tuple(names), node)
        return self.call_constant(python_functions.is_instance, self.emit(node.args[0]), shown, at=node)

    def dollar_call(self, node: ast.Call, name: str) -> ast.expr:
        if node.keywords and name not in ("min", "max"):
            raise self.refuse(node, f"${name}() takes no named values.")
        if name == "":
            if len(node.args) != 1:
                raise self.refuse(node, "$() takes the name of a node.", "E.g. $('Edit fields').item.json.")
            return self.invoke(self.helper("_node", node), self.emit(node.args[0]), at=node)
        if name == "if":
            if len(node.args) != 3:
                raise self.refuse(node, "$if() takes a condition and two values.", "E.g. $if($json.n > 0, 'a', 'b').")
            test, yes, no = (self.emit(argument) for argument in node.args)
            return self.place(ast.IfExp(test, yes, no), node)
        if name in python_functions.DOLLAR_FUNCTIONS:
            return self.own_call(node, name, python_functions.DOLLAR_FUNCTIONS[name])
        self.on_dollar(node.func, name)
        raise self.refuse(node, f"'${name}' is not a function.", f"Remove the brackets after ${name}.")
