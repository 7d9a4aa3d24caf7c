"""The item a request becomes: what a workflow sees of a call. Secrets that let the caller in are left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from workflow_kernel.auth.webhooks import Admitted, Call
from workflow_kernel.runs.item import Binary, Item, Items

OUR_COOKIES = ("workflow_", "_xsrf", "jupyter", "username-")
"""Beginnings of the names of cookies that are ours or our host's: workflows do not see them."""


class Body(msgspec.Struct, frozen=True):
    """A request's body, read: its value as JSON, and its files by name."""

    value: Any = msgspec.field(default_factory=dict)
    files: Mapping[str, Binary] = {}


def item_of(
    call: Call, body: Body, *, params: Mapping[str, str], url: str, admitted: Admitted, is_test: bool = False
) -> Items:
    """A request as a batch of one item.

    Parameters
    ----------
    params: of the path. url: of the webhook. admitted: says what held a secret.
    """
    json: dict[str, Any] = {
        "headers": headers_of(call.headers, admitted.headers),
        "params": dict(params),
        "query": query_of(call.query, admitted.query),
        "body": body.value,
        "webhookUrl": url,
        "executionMode": "test" if is_test else "production",
    }
    if admitted.claims is not None:
        json["jwtPayload"] = dict(admitted.claims)
    return Items([Item(json, dict(body.files) or None)])


def headers_of(headers: Mapping[str, str], hidden: frozenset[str]) -> dict[str, str]:
    """Headers by lower-case name, without hidden ones and without our own cookies."""
    found = {name.lower(): value for name, value in headers.items()}
    for name in hidden:
        found.pop(name, None)
    if "cookie" in found:
        pairs = (pair.strip() for pair in found["cookie"].split(";"))
        found["cookie"] = "; ".join(pair for pair in pairs if not pair.lower().startswith(OUR_COOKIES))
        if not found["cookie"]:
            del found["cookie"]
    return found


def query_of(query: Mapping[str, Sequence[str]], hidden: frozenset[str]) -> dict[str, Any]:
    """Query fields by name: a text, or a list of texts where it is there several times."""
    return {
        name: values[0] if len(values) == 1 else list(values)
        for name, values in query.items()
        if name.lower() not in hidden
    }
