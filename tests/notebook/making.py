# ruff: noqa: E501 - an idiom is one line
"""Makes notebooks as people write them, from idioms: every seed gives another one, the same each time."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

IMPORTS = (
    "import math\nimport json\nimport random\nimport itertools\nfrom collections import Counter, defaultdict, deque\n"
)
HEAVY = "import numpy as np\nimport pandas as pd\n"

# kinds: l list of numbers, m list of dicts, d dict, n number, s text, f function, t data frame, a array, o object.
# <l> is a variable of the kind that is there, <l!> a new one, <l=> one of either sort that is bound.
IDIOMS: Sequence[str] = (
    "<n!> = 3\n<l!> = [5, 3, 8, <n>]",
    "<l!> = [1, 2, 3]",
    "<d!> = {'a': 1, 'b': [1, 2]}\n<s!> = 'some text'",
    "<m!> = [{'x': i, 'y': i * 2, 'tags': []} for i in range(4)]",
    "<l>.append(<n>)",
    "<l>.sort(reverse=True)\nprint(<l>)",
    "<l=> = <l>\n<l=>",
    "<l!> = <l>[:]\n<l!>.append(0)",
    "<l!> = list(<l>)\nlen(<l!>)",
    "<l> += [7, 8]",
    "<n> += 1\nprint(<n>)",
    "<d>['k'] = <n>\nsorted(<d>)",
    "<d>['b'] = <l>",
    "<d>['inner'] = {'deep': []}\n<d>['inner']['deep'].append(<n>)",
    "<d>.setdefault('list', []).append(<n>)",
    "<d>.update(z=<n>, w=2)",
    "for row in <m>:\n    row['y'] = row['x'] + <n>",
    "for i, row in enumerate(<m>):\n    row['tags'].append(i)",
    "<m!> = [row for row in <m> if row['x'] > 1]",
    "<m!> = [dict(row) for row in <m>]\n<m!>[0]['x'] = 99",
    "<m>[0]['x'] = -1",
    "first = <m>[0]\nfirst['seen'] = True",
    "def <f!>(v):\n    return v + <n>",
    "def <f!>(v, factor=2):\n    total = 0\n    for part in <l>:\n        total += part * factor\n    return total + v",
    "def <f!>(v):\n    <l>.append(v)\n    return len(<l>)",
    "def <f!>(v):\n    global <n>\n    <n> = <n> + v\n    return <n>",
    "def <f!>(v):\n    return <f>(v) + 1",
    "<n=> = <f>(2)\nprint(<n=>)",
    "print(<f>(<n>))",
    "results = [<f>(v) for v in range(3)]\nresults",
    "<f!> = lambda v: v * <n>",
    "def make_adder(k):\n    seen = []\n    def add(v):\n        seen.append(v)\n        return v + k + len(seen)\n    return add\n<f!> = make_adder(<n>)",
    "def clean(rows):\n    for row in rows:\n        row['clean'] = True\n    return rows\n<m!> = clean(<m>)",
    "def copied(rows):\n    return [dict(row, more=1) for row in rows]\n<m!> = copied(<m>)",
    "class <o!>_type:\n    limit = 3\n    def __init__(self, parts):\n        self.parts = parts\n    def add(self, v):\n        self.parts.append(v)\n        return self\n    def total(self):\n        return sum(self.parts) + <n>\n<o!> = <o!>_type(<l>)",
    "<o>.add(<n>)",
    "print(<o>.total())",
    "<o>.parts.append(11)",
    "<o>.limit = <n>",
    "<l=> = <o>.parts",
    "<l!> = [v for v in <l> if v > 2]\nprint(max(<l!>, default=0))",
    "squares = {v: v ** 2 for v in <l>}\nsquares",
    "if <n> > 2:\n    <n> = 0\nelse:\n    <l=> = [1]",
    "if len(<l>) > 100:\n    <n> = 5",
    "try:\n    <n=> = int('x')\nexcept ValueError as error:\n    <n=> = 4",
    "while <n> < 3:\n    <n> += 1",
    "with open('/dev/null') as source:\n    <s=> = source.read() or 'empty'",
    "print(f'{<n>} of {len(<l>)}: {<s>!r}')",
    "<s=> = <s>.upper().strip()",
    "words = Counter(<s>)\nwords.most_common(2)",
    "words = Counter(<s>)\nwords.update('extra')\nprint(words)",
    "grouped = defaultdict(list)\nfor row in <m>:\n    grouped[row['x'] % 2].append(row)\nprint(dict(grouped))",
    "queue = deque(<l>)\nqueue.appendleft(9)\nqueue.pop()",
    "text = json.dumps(<d>, default=str)\n<d!> = json.loads(text)",
    "import copy\n<d!> = copy.deepcopy(<d>)\n<d!>['copy'] = 1",
    "<d!> = {**<d>, 'extra': 1}",
    "a, b, *rest = [*<l>, 1, 2]\nprint(a, b, rest)",
    "<n=>, <s=> = 5, 'five'",
    "(y := len(<l>))\nprint(y)",
    "print([y for y in <l>][:2], sum(z for z in <l>))",
    "random.seed(3)\n<n=> = random.randint(1, 5)",
    "<n=> = random.random()",
    "random.shuffle(<l>)",
    "numbers = (v * <n> for v in <l>)\nhead = next(numbers)",
    "pairs = list(zip(<l>, itertools.count()))\npairs[:1]",
    "print(sorted(<m>, key=lambda row: row['x'] * <n>)[0])",
    "picked = max(<m>, key=lambda row: row['y'])\npicked['best'] = <n>",
    "print(<l>, <d>)",
    "print(<n>, <s>)",
    "del <n>\n<n=> = 1",
    "%time <n=> = sum(<l>)",
    "%%time\n<n=> = len(<m>)\nprint(<n=>)",
    "x = !echo {<n>}\nprint(len(x))",
    "len?",
    "match <l>:\n    case [first_part, *others]:\n        print(first_part, others)\n    case _:\n        pass",
    "from dataclasses import dataclass, field\n@dataclass\nclass <o!>_kind:\n    parts: list = field(default_factory=list)\n    limit: int = 3\n    def add(self, v):\n        self.parts.append(v)\n    def total(self):\n        return sum(self.parts)\n<o!> = <o!>_kind(<l>)",
    "registry = {}\ndef register(function):\n    registry[function.__name__] = function\n    return function\n@register\ndef doubled(v):\n    return v * <n>\nprint(registry['doubled'](3))",
    "import functools\n@functools.lru_cache\ndef <f!>(v):\n    return v + <n>",
    "<f!> = functools.partial(max, <n>) if 'functools' in dir() else (lambda v: v)",
    "for name, value in <d>.items():\n    print(name, value)",
    "nested = [<l>, <l>]\nnested[0].append(<n>)",
    "nested = {'here': <d>}\nnested['here']['from_nested'] = 1",
    "matrix = [[0] * 2 for _ in range(2)]\nmatrix[0][1] = <n>\nmatrix",
    "<l>.extend(map(<f>, [1, 2]))",
    "def each(rows, function):\n    for row in rows:\n        function(row)\ndef mark(row):\n    row['mark'] = <n>\neach(<m>, mark)",
    "setattr(<o>, 'extra', <n>)",
    "exec('<n> = 12')",
    "print(eval('<n> + 1'))",
    "from math import *\nprint(floor(2.5))",
    "globals()['<n>'] = 8",
    "",
    "# nothing but a comment",
)  # fmt: skip

TABLES: Sequence[str] = (
    "<t!> = pd.DataFrame({'x': [3, 1, 2], 'y': [1.0, 2.0, 4.0], 'g': list('aab')})",
    "<a!> = np.arange(6, dtype=float)",
    "<t>['z'] = <t>['x'] * <n>",
    "<t>.loc[0, 'y'] = 9.5",
    "<t!> = <t>[<t>['x'] > 1]",
    "<t!> = <t>.copy()\n<t!>['w'] = 1",
    "<t>.sort_values('x', inplace=True)",
    "<t>.head()",
    "print(<t>.shape, <t>['y'].mean())",
    "by = <t>.groupby('g')['y'].sum()\nby.to_dict()",
    "<t>.drop(columns=['g']).describe()",
    "def add_ratio(frame):\n    frame['ratio'] = frame['x'] / 2\n    return frame\n<t!> = add_ratio(<t>)",
    "<t!> = <t>.assign(u=lambda frame: frame['x'] + <n>)",
    "<a>[0] = <n>",
    "<a> *= 2",
    "<a!> = <a>[:3]\n<a!>[0] = 42",
    "<a!> = np.asarray(<a>)\n<a!>[1] = -1",
    "<a!> = <a>[<a> > 1]\n<a!>.sum()",
    "view = <a>.reshape(-1, 1)\nview[0, 0] = 7",
    "np.random.seed(4)\n<a!> = np.random.rand(5)",
    "<a!> = np.random.rand(3)",
    "rng = np.random.default_rng(1)\n<a!> = rng.normal(size=4)",
    "np.random.shuffle(<a>)",
    "<t!> = pd.concat([<t>, <t>]).reset_index(drop=True)",
    "for column in <t>.columns:\n    print(column, <t>[column].nunique())",
    "<n=> = float(<a>.mean())",
    "rows = []\nfor index, row in <t>.iterrows():\n    rows.append({'index': index, 'x': row['x']})\nlen(rows)",
    "frames = {'one': <t>}\nframes['one']['from_frames'] = 1",
    "np.copyto(<a>, 1.0)",
    "np.add(<a>, 1, out=<a>)",
)

STARTS = (
    "n0 = 2\nl0 = [4, 1]\nd0 = {'a': 1, 'b': []}\ns0 = 'words'\nm0 = [{'x': i, 'y': i, 'tags': []} for i in range(3)]\n"
    "def f0(v):\n    return v + 1\nclass Box:\n    def __init__(self, parts):\n        self.parts = parts\n        self.limit = 2\n"
    "    def add(self, v):\n        self.parts.append(v)\n    def total(self):\n        return sum(self.parts)\no0 = Box([1])"
)
TABLE_STARTS = (
    "t0 = pd.DataFrame({'x': [1, 2, 3], 'y': [0.5, 1.5, 2.5], 'g': list('xyx')})\na0 = np.array([1.0, 2.0, 3.0])"
)


def make(seed: int) -> list[str]:
    """The sources of a notebook's cells."""
    chance = random.Random(seed)
    has_tables = seed % 2 == 1
    idioms = [*IDIOMS, *TABLES * 2] if has_tables else list(IDIOMS)
    names = {kind: [f"{kind}0"] for kind in "nldsmfota"}
    cells = [IMPORTS + (HEAVY if has_tables else ""), STARTS + ("\n" + TABLE_STARTS if has_tables else "")]
    for _ in range(chance.randint(5, 16)):
        cells.append(_filled(chance.choice(idioms), names, chance))
    return cells


def _filled(idiom: str, names: dict[str, list[str]], chance: random.Random) -> str:
    chosen: dict[str, str] = {}

    def name(match: re.Match[str]) -> str:
        kind, mode = match.groups()
        if match[0] not in chosen:
            known = names[kind]
            is_new = mode == "!" or (mode == "=" and chance.random() < 0.5)
            chosen[match[0]] = f"{kind}{len(known)}" if is_new else chance.choice(known)
            if is_new:
                pending.append((kind, chosen[match[0]]))
        return chosen[match[0]]

    pending: list[tuple[str, str]] = []
    text = re.sub(r"<([nldsmfota])([!=]?)>", name, idiom)
    for kind, made in pending:
        names[kind].append(made)
    return text
