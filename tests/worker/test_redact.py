"""Secrets are taken out of everything a node run gives."""

from __future__ import annotations

import json
import pickle
from base64 import b64encode
from urllib.parse import quote, quote_plus

import pyarrow
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflow_kernel.base.errors import NodeError
from workflow_kernel.runs.item import Binary, Item, Items, Object, Table
from workflow_kernel.runs.outcome import Done, Failed
from workflow_kernel.sdk import Context, Credential, NodeType, node
from workflow_kernel.sdk.registry import Registry
from workflow_kernel.testing import NodeResult, run_node
from workflow_kernel.worker.redact import Redactor
from workflow_kernel.worker.secrets import Secret

PASSWORD = 'p"ä ss/wörd+\n?'


@pytest.mark.parametrize(
    "form",
    [
        PASSWORD,
        json.dumps(PASSWORD),
        json.dumps(PASSWORD, ensure_ascii=False),
        f"https://example.com/?a={quote(PASSWORD, safe='')}",
        f"a={quote_plus(PASSWORD)}&b=1",
        repr({"password": PASSWORD}),
        f"Authorization: Basic {b64encode(f'ann:{PASSWORD}'.encode()).decode()}",
    ],
)
def test_a_secret_is_hidden_in_every_way_it_is_written(form: str) -> None:
    hidden = Redactor.of([{"user": "ann", "password": PASSWORD}]).text(f"before {form} after")
    assert "***" in hidden and "wörd" not in hidden and "w%C3%B6rd" not in hidden
    assert hidden.startswith("before ") and hidden.endswith(" after")


def test_what_is_no_secret_stays() -> None:
    redactor = Redactor.of([{"type": "http.basic", "user": "announcer", "host": "db.example.com", "password": "abc"}])
    assert redactor.text("announcer abc at db.example.com") == "announcer abc at db.example.com"


def test_a_short_secret_is_hidden_where_it_stands_alone() -> None:
    redactor = Redactor(["test", "test1234"])
    assert (
        redactor.text("the latest test: pass=test&x, test1234, contest") == "the latest ***: pass=***&x, ***, contest"
    )


def test_a_credential_says_what_it_hides() -> None:
    secret = Secret({"name": "X-Api-Key", "value": "0123456789", "label": "9876543210"}, frozenset({"value", "label"}))
    assert Redactor.of([secret]).text("X-Api-Key: 0123456789 9876543210") == "X-Api-Key: *** ***"
    copied = pickle.loads(pickle.dumps(secret))
    assert (copied, copied.hidden) == (secret, secret.hidden)
    assert "0123456789" not in repr(secret)


def test_the_password_in_an_address_is_a_secret_too() -> None:
    redactor = Redactor.of([{"dsn": "postgresql://ann:open-sesame@db/shop"}])
    assert redactor.text("password=open-sesame host=db") == "password=*** host=db"


def test_each_line_of_a_key_is_hidden() -> None:
    key = "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49\nAgEGCCqGSM49AwEHBG0w\n-----END PRIVATE KEY-----\n"
    assert Redactor([key]).text("> MIGHAgEAMBMGByqGSM49 <") == "> *** <"


def test_values_without_secrets_are_the_same_objects() -> None:
    redactor = Redactor(["open sesame", "hush"])
    items = Items([Item({"a": [1, {"b": "c"}], "d": ("e",)}), Item({"f": None})])
    assert redactor.batch(items) is items
    mixed = Items([items[0], Item({"x": ["say open sesame", {"hush": 1}]}, {"file": Binary("0" * 64)})])
    hidden = redactor.batch(mixed)
    assert isinstance(hidden, Items)
    assert hidden[0] is items[0]
    assert (hidden[1].json, hidden[1].binary) == ({"x": ["say ***", {"***": 1}]}, mixed[1].binary)


def test_tables_and_objects_are_looked_through() -> None:
    redactor = Redactor(["open sesame"])
    table = Table(pyarrow.table({"n": [1, 2], "t": ["open sesame!", None]}))
    hidden = redactor.batch(table)
    assert isinstance(hidden, Table)
    assert hidden.table.to_pydict() == {"n": [1, 2], "t": ["***!", None]}
    clean = Table(pyarrow.table({"n": [1], "t": ["x"]}))
    assert redactor.batch(clean) is clean
    assert redactor.batch(Object({"a": "open sesame"})).items().json() == [{"a": "***"}]


@given(
    st.text(min_size=8, max_size=30),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=6,
    ),
)
def test_no_secret_is_left_anywhere(secret: str, value: object) -> None:
    planted = {"a": [f"<{secret}>", {secret: value}], "b": f"x{secret}{secret}"}
    hidden = Redactor([secret]).batch(Items([Item(planted)]))
    assert secret not in repr(hidden.items()[0].json).replace("***", "")
    assert secret not in json.dumps(hidden.items()[0].json, ensure_ascii=False).replace("***", "")


@node("code.leak", credentials=(Credential("key", ("http.bearer",)),))
class Leak(NodeType):
    """Shows its secret wherever it can, for tests."""

    way: str = "output"

    def run(self, items: Items, ctx: Context) -> Items:
        token = (ctx.credential("key") or {})["token"]
        ctx.log.info("got", token=token)
        ctx.state["seen"] = token
        ctx.annotate("seen", token)
        if self.way == "raise":
            raise ValueError(f"bad token {token}")
        if self.way == "node_error":
            raise NodeError(f"refused {token}", description=token, data={"headers": {"x": token}}, mend=f"not {token}")
        if self.way == "item":
            ctx.fail(0, f"item {token}")
            return Items([])
        return Items.of({"token": f"Bearer {token}"})


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    find = Registry.find
    monkeypatch.setattr(Registry, "find", lambda self, name, *more: Leak if name == "code.leak" else find(self, name))


def leak(way: str, **options: object) -> NodeResult:
    return run_node("code.leak", {"way": way}, [{}], credentials={"key": {"token": "open-sesame"}}, **options)


def test_outputs_logs_and_what_is_kept_hide_it() -> None:
    outcome = leak("output").outcome
    assert isinstance(outcome, Done)
    assert outcome.outputs[0].items().json() == [{"token": "Bearer ***"}]
    assert [line.text for line in outcome.logs] == ["got token=***"]
    assert (outcome.state, outcome.annotations) == ({"seen": "***"}, {"seen": "***"})


@pytest.mark.parametrize("way", ["raise", "node_error", "item"])
@pytest.mark.parametrize("on_error", ["stop", "continue", "branch"])
def test_failures_hide_it(way: str, on_error: str) -> None:
    outcome = leak(way, on_error=on_error).outcome
    assert "sesame" not in repr(outcome)
    told = outcome.error if isinstance(outcome, Failed) else outcome.recovered  # type: ignore[union-attr]
    assert told is not None and "***" in told.message
    if isinstance(outcome, Done):
        assert "sesame" not in str([batch.items().json() for batch in outcome.outputs])
    if way == "node_error":
        assert (told.description, told.data, told.mend) == ("***", {"headers": {"x": "***"}}, "not ***")
