"""Python that only computes is told from Python that may have effects."""

from __future__ import annotations

import pytest

from tests.engine.drawn import draw
from workflow_kernel.engine.code_effects import is_without_effects
from workflow_kernel.engine.plan import Plan
from workflow_kernel.sdk.registry import Registry

COMPUTES = [
    "return items",
    "return [{'n': item['n'] + 1} for item in items]",
    "for item in items:\n    item.json.total = item.json.price * item.json.count\nreturn items",
    "import math, statistics\nreturn {'m': statistics.mean(math.sqrt(i['n']) for i in items)}",
    "from collections import Counter\nreturn dict(Counter(i['k'] for i in items))",
    "import pandas as pd\nframe = pd.DataFrame([i.json for i in items])\n"
    "return frame.groupby('k').sum().reset_index().to_dict('records')",
    "import numpy as np\nreturn {'n': float(np.linalg.norm(np.array([i['n'] for i in items])))}",
    "def area(a, b=2):\n    return a * b\nreturn [{'a': area(i['n'])} for i in items]",
    "from datetime import datetime\nreturn {'day': datetime.fromisoformat(item['at']).date().isoformat()}",
    "import re, json\nreturn {'found': re.findall('a+', json.dumps(item.json))}",
    "from urllib.parse import quote\nreturn {'q': quote(item['q'])}",
    "try:\n    n = int(item['n'])\nexcept ValueError as error:\n    print(error)\n    n = 0\nreturn {'n': n}",
    "return sorted(items, key=lambda entry: entry['n'])[:10]",
    "return {'first': node('Start').first()['n'], 'at': now.isoformat(), 'v': variables['x']}",
    "return {'json': {}, 'binary': {'data': attach(read_binary(item), name='a')}}",
    "import time\ntime.sleep(1)\nreturn items",
    "return [",
]
MAY_HAVE_EFFECTS = [
    "open('a', 'w').write('x')",
    "import os\nos.remove('a')",
    "import requests\nrequests.post('http://a')",
    "import pathlib\npathlib.Path('a').touch()",
    "from pathlib import Path\nreturn {'n': 1}",
    "import subprocess",
    "import urllib.request",
    "import urllib.parse\nurllib.request.urlopen('http://a')",
    "from urllib import request",
    "import pandas as pd\npd.DataFrame([i.json for i in items]).to_csv('a.csv')",
    "import pandas as pd\nwrite = pd.DataFrame().to_sql\nwrite('t', 'sqlite://')",
    "import pandas as pd\nlist(map(pd.DataFrame([]).to_parquet, ['a']))",
    "import pandas as pd\nreturn pd.read_csv('http://a/b.csv')",
    "import pandas as pd\npd.io.common.os.remove('a')",
    "from pandas import read_csv\nreturn read_csv('a')",
    "import numpy as np\nnp.save('a', [1])",
    "import numpy as np\nnp.array([1]).tofile('a')",
    "import polars\npolars.DataFrame().write_csv('a')",
    "import operator\noperator.methodcaller('to_csv', 'a')(table.to_pandas())",
    "exec('import os')",
    "return eval(item['x'])",
    "getattr(item, 'x')()",
    "__import__('os')",
    "value.commit()",
    "().__class__.__base__.__subclasses__()",
    "import math\nmath.pi = 3",
    "global x\nx = 1",
    "with lock:\n    pass",
    "await something()",
    "import mymodule\nmymodule.run()",
    "from . import beside",
]


@pytest.mark.parametrize("code", COMPUTES)
def test_code_that_computes(code: str) -> None:
    assert is_without_effects(code)


@pytest.mark.parametrize("code", MAY_HAVE_EFFECTS)
def test_code_that_may_have_effects(code: str) -> None:
    assert not is_without_effects(code)


def test_a_plan_knows_it_of_its_nodes() -> None:
    nodes = {
        "start": "flow.manual_trigger",
        "a": ("code.python", {"code": "return items"}),
        "b": ("code.python", {"code": "open('a', 'w')"}),
        "c": "code.python",
        "d": ("web.http_request", {"url": "http://127.0.0.1"}),
    }
    plan = Plan(draw(nodes, "start > a, start > b, start > c, start > d"), Registry())
    assert {name: node.is_pure for name, node in plan.by_name.items()} == {
        "start": True, "a": True, "b": False, "c": True, "d": False,
    }  # fmt: skip
