"""Expressions written to break out, hang or fill memory: each ends as a Failure, soon and small."""

from __future__ import annotations

import resource
import threading
from typing import Any

import pytest

from workflow_kernel.expressions.python import Python
from workflow_kernel.expressions.scope import Facts, Failure
from workflow_kernel.runs.item import Item


class Data:
    """A scope with items and nothing else."""

    def __init__(self) -> None:
        self.items = [Item({"n": 7, "s": "a" * 50, "rows": [{"n": 1}], "big": "x" * 100_000})]
        self.inputs = [self.items]
        self.facts = Facts(now=1.0)
        self.context: dict[str, Any] = {}

    def node(self, name: str) -> None:
        return None

    def node_names(self) -> list[str]:
        return []

    def trace(self, name: str, indices: Any) -> list[Any]:
        return []


def doubled(inner: str, times: int, pattern: str) -> str:
    """``pattern`` around itself, so that data or numbers double at each level."""
    for level in range(times):
        inner = pattern.replace("V", f"v{level}").replace("INNER", inner)
    return inner


HOSTILE = {
    "class walk": "().__class__.__bases__[0].__subclasses__()",
    "class of text": "''.__class__",
    "class of json": "$json.__class__",
    "class by subscript of a list": "[]['__class__']",
    "mro": "(1).__class__.__mro__",
    "globals of a function": "len.__globals__",
    "function as a value": "[len][0].__self__",
    "globals of a lambda": "sorted([1], key=(lambda x: x).__globals__)",
    "code of a lambda": "(lambda: 0).__code__",
    "lambda recursion": "(lambda f: f(f))(lambda f: f(f))",
    "lambda called": "(lambda: 1)()",
    "lambda default": "sorted([1], key=lambda x, y=[].append: x)",
    "lambda as a value": "[lambda x: x]",
    "lambda stars": "sorted([1], key=lambda *x: x)",
    "generator frame": "(x for x in [1]).gi_frame",
    "generator frame back": "(x for x in [1]).gi_frame.f_back.f_globals",
    "generator alone": "(x for x in [1])",
    "generator code": "[x for x in (y for y in [1])].gi_code",
    "coroutine": "(await x)",
    "async comprehension": "[x async for x in $json.rows]",
    "yield": "(yield 1)",
    "yield from": "(yield from [1])",
    "format walk": "'{0.__class__}'.format(1)",
    "format of a field": "$json.s.format(1)",
    "format_map": "'{a.__class__}'.format_map({'a': 1})",
    "format by name": "str.format('{0.__class__}', 1)",
    "f-string class": "f'{$json.__class__}'",
    "f-string nested conversion": "f'{f\"{().__class__!r}\"!r}'",
    "f-string width": "f'{1:999999999}'",
    "f-string computed width": "f'{1:{10**9}}'",
    "f-string precision": "f'{1.5:.99999999f}'",
    "percent width": "'%0999999999d' % 1",
    "strftime width": "$now.strftime('%0999999999Y')",
    "strftime long": "$now.strftime('%c' * 100000)",
    "import": "import os",
    "import call": "__import__('os').system('id')",
    "builtins": "__builtins__",
    "builtins item": "__builtins__['open']",
    "eval": "eval('1')",
    "exec": "exec('1')",
    "compile": "compile('1', '', 'eval')",
    "open": "open('/etc/passwd').read()",
    "type": "type(1)",
    "type made": "type('X', (), {})",
    "getattr": "getattr(1, '__class__')",
    "setattr": "setattr($json, 'a', 1)",
    "vars": "vars()",
    "globals": "globals()",
    "locals": "locals()",
    "dir": "dir(1)",
    "object": "object()",
    "super": "super()",
    "breakpoint": "breakpoint()",
    "help": "help()",
    "memoryview": "memoryview(b'1')",
    "bytes": "b'abc'",
    "print": "print(1)",
    "walrus": "(x := 1)",
    "walrus in a comprehension": "[(y := x) for x in [1]]",
    "walrus over an internal name": "[(_json := 1) for x in [1]]",
    "internal name": "_json",
    "internal meter": "_meter.limits",
    "internal name as a loop name": "[_meter for _meter in [1]]",
    "internal name as a lambda name": "sorted([1], key=lambda _call: _call)",
    "internal keyword": "dict(_meter=1)",
    "loop over an attribute": "[1 for $json.n in [1]]",
    "loop over a subscript": "[1 for $json['n'] in [1]]",
    "loop over a dollar name": "[$json for $json in [1]]",
    "full-width underscores": "''.\uff3f\uff3fclass\uff3f\uff3f",
    "mathematical letters": "\U0001d4ee\U0001d4ff\U0001d4ea\U0001d4f5('1')",
    "look-alike of getattr": "\uff47\uff45\uff54attr(1, 'x')",
    "look-alike of import": "\uff3f_import__('os')",
    "mark of ours": "ǂjson",
    "bracket injection": "1) + (2",
    "statement injection": "1)\nimport os\n(1",
    "semicolon": "1; 2",
    "assignment": "x = 1",
    "decorator": "@x",
    "null character": "'a\0b'.__class__\0",
    "matrix operator": "$json @ $json",
    "complex number": "1j",
    "ellipsis": "...",
    "power tower": "9**9**9",
    "power of power": "(9**999)**999",
    "power text": "'9'*9**9**9",
    "pow": "pow(9, 10**9)",
    "shift": "1 << 10**10",
    "negative shift power": "2 ** (1 << 40)",
    "squares": doubled("[3]", 40, "[V * V for V in INNER]"),
    "factorial": "math.factorial(10**7)",
    "comb": "math.comb(10**7, 10**6)",
    "round": "round(5, -10**9)",
    "long literal": "1" + "0" * 9000,
    "hex literal": "0x" + "f" * 9000,
    "int of a long text": "int('9' * 1000000)",
    "int of a long hex text": "int('f' * 9000000, 16)",
    "text repeated": "'a' * 10**10",
    "text repeated left": "10**10 * 'a'",
    "list repeated": "[0] * 10**10",
    "tuple repeated": "(0,) * 10**9",
    "nested repetition": "[[[[0] * 1000] * 1000] * 1000] * 1000",
    "text doubled": doubled("['ab']", 40, "[V + V for V in INNER]"),
    "list doubled": doubled("[[1]]", 40, "[V + V for V in INNER]"),
    "shared lists doubled": doubled("[1]", 40, "[[V, V] for V in INNER]"),
    "shared lists compared": "(" + doubled("[1]", 28, "[[V, V] for V in INNER]") + ") == 1",
    "f-string doubled": doubled("['ab']", 30, "[f'{V}{V}' for V in INNER]"),
    "join": "'x'.join(['a' * 100000] * 1000)",
    "replace": "$json.big.replace('x', 'y' * 1000)",
    "replace of nothing": "$json.big.replace('', 'y' * 1000)",
    "ljust": "''.ljust(10**10)",
    "center": "'a'.center(10**10, 'b')",
    "zfill": "'1'.zfill(10**10)",
    "expandtabs": "'\\t'.expandtabs(10**10)",
    "range listed": "list(range(10**10))",
    "range": "sum(range(10**12))",
    "huge range": "len(range(10**30))",
    "endless comprehension": "[x for x in range(10**6) for y in range(10**6)]",
    "endless any": "any(x < 0 for x in range(10**6) for y in range(10**6))",
    "endless key": "sorted(range(1000), key=lambda x: sum(y for y in range(100000)))",
    "many large texts": "[('a' * 9000000) + str(i) for i in range(1000)]",
    "rpartition": "('a' * 5000000).rpartition('b' + 'a' * 2500000)",
    "strip of many": "('a' * 5000000).strip('b' * 5000000)",
    "zip doubled": doubled("[1]", 30, "zip(*[INNER])").replace("*[", "[") + " * 10**9",
    "dumps indent": "json.dumps($json, indent=10**9)",
    "loads deep": "json.loads('[' * 1000000)",
    "jmespath doubled": "$jmespath($json, '" + "|".join(["[@,@]"] * 60) + "')",
    "jmespath flattened": "$jmespath($json, '" + "|".join(["[@,@][]"] * 60) + "')",
    "jmespath text": "$jmespath($json, '" + "|".join(["[@,@]"] * 40) + "|to_string(@)')",
    "regex nested": "re.search('(a+)+$', $json.s + 'b')",
    "regex alternatives": "re.search('(a|aa)+$', $json.s + 'b')",
    "regex alternatives of a set": "re.search('(a|.)*b$', $json.s + 'c')",
    "regex optional": "re.search('(a?){40}a{40}', $json.s)",
    "regex many optional": "re.search('" + "a?" * 40 + "a{50}b', $json.s)",
    "regex stars": "re.search('.*.*.*.*.*z', $json.big)",
    "regex quadratic": "re.findall('x+y', $json.big * 9)",
    "regex back reference": "re.search('(x*)(x*)(x*)\\\\1\\\\2\\\\3y', $json.big)",
    "regex look ahead": "re.search('(?=(x+))x*\\\\1y', $json.big)",
    "regex lazy": "re.search('(a*?)*?b', $json.s)",
    "regex fullmatch": "re.fullmatch('(a*)*', $json.s + 'b')",
    "regex look-alike fullmatch": "re.fullmatch('a)|(.*.*.*.*z', $json.big)",
    "regex growth": "re.sub('(x+)', '\\\\1' * 200, $json.big * 9)",
    "regex deep": "re.search('(' * 240 + ')' * 240, 'a') and re.search('a' * 501, 'a')",
    "regex flags": "re.search('a', 'a', 128)",
    "regex match itself": "re.search('a', 'a')",
    "strptime": "datetime.strptime('1' * 1000, '%Y')",
    "time zone path": "datetime(2026, 1, 1, tzinfo='../../etc/passwd')",
    "clock": "datetime.now()",
    "environment": "$env.PATH",
    "secrets": "$secrets.token",
    "handle": "$input",
    "handle's insides": "$input.names.scope",
    "method as a value": "$input.all",
    "method table": "$input['[]']",
    "empty inner loops": "any(x < 0 for x in range(10**6) for y in range(0))",
    "small texts kept": "[('a' * 900) for y in range(10**6)]",
    "constant texts kept": "['" + "a" * 5000 + "' + str(y) for y in range(10**6)]",
    "texts with an ending": "[$json.big + 'x' for y in range(10**6)]",
    "objects kept": "[{'a': y, 'b': [y]} for y in range(10**6)]",
    "powers": "[9**4000 for y in range(10**6)]",
    "long remainders": "[9**4000 % (y + 7) for y in range(10**6)]",
    "modular powers": "[pow(9**150, 9**150, 7**150) for y in range(1000)]",
    "many dates": "[parse_date('January 5, 2026 at 3pm') for y in range(10**6)]",
    "many dates in a key": "sorted(range(10**5), key=lambda x: parse_date('January 5, 2026 at 3pm'))",
    "many patterns": "[re.search('(a|b)+c', 'ab' * 30 + str(y)) for y in range(10**6)]",
    "many JSON texts": "[json.dumps($json.rows) for y in range(10**6)]",
    "argument twice": "json.dumps($json, indent=1, indent=2)",
    "lambda as a field": "dict(key=lambda x: x)",
    "lambda in a method": "$json.s.split(key=lambda x: x)",
    "function as a field": "dict(key=len)",
    "lambda in another name": "max([1], default=lambda: 1)",
    "change": "$json.rows.append(1)",
    "change an object": "$json.update({'a': 1})",
    "brackets": "(" * 10_000 + ")" * 10_000,
    "brackets short": "[" * 3_000 + "]" * 3_000,
    "unary": "-" * 9_000 + "1",
    "nots": "not " * 2_000 + "1",
    "attributes": "$json" + ".a" * 4_000,
    "sum": "1" + "+1" * 4_500,
    "conditions": "1 if 1 else " * 800 + "1",
    "lambdas": "sorted([1], key=lambda x: " * 300 + "1" + ")" * 300,
    "10 MB source": "1" + " + 1" * 2_500_000,
    "unclosed": "'abc",
    "unclosed bracket": "(1",
    "empty": " ",
}


@pytest.mark.parametrize("code", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_expression_fails_soon(code: str) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    (column,) = Python().evaluate([f"={{{{ {code} }}}}"], Data(), [0])
    assert isinstance(column[0], Failure), column[0]
    assert column[0].message
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 400_000


DEEP = ("unary", "nots", "attributes", "sum", "conditions", "lambdas", "power tower")


def test_deep_sources_are_refused_on_a_thread_with_a_small_stack() -> None:
    before = threading.stack_size(512 * 1024)
    try:
        columns: list[Any] = []
        codes = [HOSTILE[name] for name in DEEP]
        codes += ["(" * 55 + "x" + ")" * 55, "[" * 50 + "]" * 50 + ".a", "x" + "**2" * 150, "-" * 180 + "x"]
        texts = [f"={{{{ {code} }}}}" for code in codes]
        thread = threading.Thread(target=lambda: columns.extend(Python().evaluate(texts, Data(), [0])))
        thread.start()
        thread.join()
    finally:
        threading.stack_size(before)
    assert [type(column[0]) for column in columns] == [Failure] * len(texts)


def test_data_is_never_changed() -> None:
    data = Data()
    before = repr(data.items)
    for code in HOSTILE.values():
        if "$json" in code and len(code) < 200:
            Python().evaluate([f"={{{{ {code} }}}}"], data, [0])
    assert repr(data.items) == before
