"""Takes secrets out of what a node run gives: its log, its errors, its outputs.

``call`` uses it for nodes that have credentials; runs of others never come here.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote, quote_plus

import msgspec

from workflow_kernel.base.errors import NodeError
from workflow_kernel.runs.item import Batch, Item, Items, Object, Table
from workflow_kernel.runs.outcome import Done, ErrorInfo, Failed, Headway, LogLine, Outcome
from workflow_kernel.worker.secrets import Credential, hidden_pairs, hidden_texts
from workflow_kernel.worker.task import NodeTask

SHORTEST = 4
"""Letters below which a secret is no secret: hiding it would hide half of every text."""

ALONE = 8
"""Letters below which a secret is only hidden where it stands alone, not inside another word."""

HIDDEN = "***"


class Redactor:
    """Replaces secrets by ``***``.

    Parameters
    ----------
    secrets: the texts to hide, also as JSON, URLs and Python write them. pairs: texts that are sent in base64.
    """

    __slots__ = ("_long", "_long_bytes", "_short")

    def __init__(self, secrets: Iterable[str], pairs: Iterable[str] = ()) -> None:
        forms = {form for secret in secrets for form in _forms(secret)}
        forms |= {base64.b64encode(pair.encode("utf-8", "surrogatepass")).decode() for pair in pairs}
        # The longest first: one secret may begin with another.
        ordered = sorted(forms, key=len, reverse=True)
        self._long = [form for form in ordered if len(form) >= ALONE]
        short = "|".join(re.escape(form) for form in ordered if len(form) < ALONE)
        self._short = re.compile(rf"(?<![0-9A-Za-z])(?:{short})(?![0-9A-Za-z])") if short else None
        self._long_bytes = [form.encode("utf-8", "surrogatepass") for form in self._long]

    @classmethod
    def of(cls, credentials: Iterable[Credential]) -> Redactor:
        """What hides the secrets of credentials."""
        texts = {text for one in credentials for text in hidden_texts(one)}
        pairs = [pair for one in credentials for pair in hidden_pairs(one) if len(pair.rpartition(":")[2]) >= SHORTEST]
        return cls(texts, pairs)

    def text(self, text: str) -> str:
        """The text without secrets."""
        # A search for each is several times faster than one pattern of all: there are few, and mostly none is there.
        for form in self._long:
            if form in text:
                text = text.replace(form, HIDDEN)
        return text if self._short is None else self._short.sub(HIDDEN, text)

    def value(self, value: Any) -> Any:
        """A JSON-able value without secrets; the same object where there was none."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            found = [(self.value(key), self.value(entry)) for key, entry in value.items()]
            is_same = all(
                new is old for pair in zip(found, value.items(), strict=True) for new, old in zip(*pair, strict=True)
            )
            return value if is_same else dict(found)
        if isinstance(value, list | tuple):
            entries = [self.value(entry) for entry in value]
            return value if all(new is old for new, old in zip(entries, value, strict=True)) else entries
        return value

    def batch(self, batch: Batch) -> Batch:
        """A batch without secrets in its items or table; attachments and rows in the blob store are left alone."""
        if isinstance(batch, Items):
            rows = [self._item(item) for item in batch.rows]
            is_same = all(new is old for new, old in zip(rows, batch.rows, strict=True))
            return batch if is_same else Items(rows, batch.lineage)
        if isinstance(batch, Table):
            return self._table(batch)
        if isinstance(batch, Object):
            value = self.value(batch.value)
            return batch if value is batch.value else Object(value, batch.lineage)
        return batch

    def _item(self, item: Item) -> Item:
        if not self._may_be_in(item.json):
            return item
        value = self.value(item.json)
        return item if value is item.json else Item(value, item.binary)

    def _may_be_in(self, value: Any) -> bool:
        """Whether a value is worth looking through: its JSON is made and searched in far less time."""
        if self._short is not None:
            return True
        try:
            encoded = msgspec.json.encode(value)
        except (TypeError, ValueError, RecursionError):
            return True
        return any(form in encoded for form in self._long_bytes)

    def _table(self, batch: Table) -> Table:
        import pyarrow  # noqa: PLC0415 - 100 ms that most workflows do not need

        table = batch.table
        for place, field in enumerate(table.schema):
            if pyarrow.types.is_string(field.type) or pyarrow.types.is_large_string(field.type):
                old = table.column(place).to_pylist()
                new = [self.value(entry) for entry in old]
                if any(one is not other for one, other in zip(new, old, strict=True)):
                    table = table.set_column(place, field, pyarrow.array(new, field.type))
        return batch if table is batch.table else Table(table, batch.lineage)


class RunRedactor:
    """Takes the secrets that one node run was given out of what it gives.

    Parameters
    ----------
    task: the run; its credentials may be renewed meanwhile, and the earlier ones stay secret.
    """

    __slots__ = ("_known", "_redactor", "_task")

    def __init__(self, task: NodeTask) -> None:
        self._task = task
        self._known: list[Credential] = []
        self._redactor = Redactor(())

    def text(self, text: str) -> str:
        """See ``Redactor``."""
        return self._now().text(text)

    def batch(self, batch: Batch) -> Batch:
        """See ``Redactor``."""
        return self._now().batch(batch)

    def outcome(self, outcome: Outcome, *, outputs: bool) -> Outcome:
        """An outcome without secrets; its outputs are looked through where asked for."""
        redactor = self._now()
        logs = tuple(LogLine(line.at, line.level, redactor.text(line.text)) for line in outcome.logs)
        if isinstance(outcome, Failed):
            headway = outcome.headway
            if headway is not None and outputs:
                headway = Headway(tuple(map(redactor.batch, headway.outputs)), headway.remaining)
            return Failed(_error(redactor, outcome.error), logs, headway)
        batches = tuple(map(redactor.batch, outcome.outputs)) if outputs else outcome.outputs
        if isinstance(outcome, Done):
            recovered = None if outcome.recovered is None else _error(redactor, outcome.recovered)
            state, annotations = redactor.value(outcome.state), redactor.value(outcome.annotations)
            return Done(batches, state, logs, recovered, annotations)
        return msgspec.structs.replace(outcome, outputs=batches, logs=logs, page=redactor.value(outcome.page))

    def _now(self) -> Redactor:
        found = []
        for use in self._task.node.credentials.values():
            try:
                secret = self._task.environment.credentials.get(use.id)
            except NodeError:  # it cannot be opened, so nobody has it
                continue
            if secret is not None and not any(secret is known for known in self._known):
                found.append(secret)
        if found:
            self._known += found
            self._redactor = Redactor.of(self._known)
        return self._redactor


def _error(redactor: Redactor, error: ErrorInfo) -> ErrorInfo:
    return msgspec.structs.replace(
        error,
        message=redactor.text(error.message),
        description=redactor.text(error.description),
        mend=redactor.text(error.mend),
        expression=redactor.text(error.expression),
        data=redactor.value(error.data),
    )


def _forms(secret: str) -> Iterable[str]:
    """A secret as it is, as JSON writes it, as URLs write it, as Python shows it; each line of a long one by itself."""
    if len(secret) < SHORTEST:
        return
    yield secret
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    yield repr(secret)[1:-1]
    lines = secret.splitlines()
    if len(lines) > 1:
        yield from (line.strip() for line in lines if len(line.strip()) >= 2 * ALONE and not line.startswith("-----"))
    if len(secret) <= 10_000:
        encoded = secret.encode("utf-8", "surrogatepass")
        yield from (quote(encoded), quote(encoded, safe=""), quote_plus(encoded))
