"""Requests made of the OpenAPI document, right and wrong ones, sent to a whole service.

Nothing may answer otherwise than documented, and nothing may fail. The test sends a few hundred; with
``WORKFLOW_CONTRACT_EACH=40`` it is thousands.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis.core.failures import FailureGroup
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

CHECKS = [
    schemathesis.checks.not_a_server_error, status_code_conformance, content_type_conformance,
    response_headers_conformance, response_schema_conformance,
]  # fmt: skip

LONGEST = 5000
"""Characters of a query, some of which take nine when sent, that still fit into the 64 kB of all headers."""

DOWN = 503
"""Documented everywhere, but nothing is down here: no 5xx at all is right."""

Login = Callable[[], dict[str, str]]


class Contract:
    """Sends requests to every operation.

    Parameters
    ----------
    url: of the service. login: signs in anew and gives headers; None for strangers. seed: for what is random.
    """

    def __init__(self, url: str, login: Login | None, *, seed: int = 0) -> None:
        self.url = url
        self._login = login
        self._headers = {} if login is None else login()
        self._session = requests.Session()
        self._random = random.Random(seed)
        self._known: dict[str, list[str]] = {}
        self.statuses: Counter[int] = Counter()
        self.problems: list[str] = []

    def run(self, each: int) -> None:
        """Send so many requests to each operation."""
        document = self._session.get(f"{self.url}/api/openapi.json", timeout=30).json()
        schema = schemathesis.openapi.from_dict(document)
        for found in schema.get_all_operations():
            self._try(found.ok(), each)

    def remember(self, kind: str, identity: str) -> None:
        """Note something that is there, so that requests hit it: ``kind`` is the segment of the path before its id."""
        self._known.setdefault(kind, []).append(identity)

    def _try(self, operation: Any, each: int) -> None:
        modes = st.sampled_from([GenerationMode.POSITIVE, GenerationMode.NEGATIVE])

        @seed(self._random.randrange(1 << 32))
        @settings(
            max_examples=each, deadline=None, database=None, phases=[Phase.generate],
            suppress_health_check=list(HealthCheck), report_multiple_bugs=False,
        )  # fmt: skip
        @given(data=st.data())
        def check(data: st.DataObject) -> None:
            mode = data.draw(modes) if self._login is not None else GenerationMode.POSITIVE
            self._send(data.draw(operation.as_strategy(generation_mode=mode)))

        try:
            check()
        except Exception as error:
            if type(error).__name__ == "Unsatisfiable":  # nothing about it can be wrong
                return
            raise

    def _send(self, case: Any) -> None:
        self._aim(case)
        try:
            answer = case.call(
                base_url=f"{self.url}/api", session=self._session, headers=self._headers, timeout=30,
                allow_redirects=False,
            )  # fmt: skip
        except requests.ConnectionError:
            # An address longer than all headers may be ends the connection, as servers do.
            assert len(str(case.query)) > LONGEST, f"{case.operation.label}: no answer"
            return
        self.statuses[answer.status_code] += 1
        if answer.status_code == 400 and not answer.content:
            return  # Tornado takes no more than a thousand parameters; no handler is asked
        try:
            assert answer.status_code != DOWN, "503"
            case.validate_response(answer, checks=CHECKS)
        except (AssertionError, FailureGroup) as error:
            said = " ".join(str(part) for part in getattr(error, "exceptions", (error,)))
            self.problems.append(f"{case.operation.label} {answer.status_code}: {' '.join(said.split())[:700]}")
        if answer.status_code in (200, 201) and "application/json" in "".join(answer.headers.get("content-type", ())):
            self._learn(case.path, answer.json())
        if self._login is not None and answer.status_code == 401 and answer.json()["code"] in ("WF701", "WF711"):
            self._headers = self._login()

    def _aim(self, case: Any) -> None:
        """Let every other request hit something that is there."""
        segments = case.path.split("/")
        for before, segment in pairwise(segments):
            name = segment.strip("{}")
            is_known = name in (case.path_parameters or {}) and before in self._known
            if segment.startswith("{") and is_known and self._random.random() < 0.7:
                case.path_parameters[name] = self._random.choice(self._known[before])
        if isinstance(case.body, dict) and self._random.random() < 0.5:
            for name in case.body:
                kind = f"{name.removesuffix('_id')}s"
                if isinstance(case.body[name], str) and self._known.get(kind):
                    case.body[name] = self._random.choice(self._known[kind])

    def _learn(self, path: str, found: Any) -> None:
        kind = path.rstrip("/").split("/")[-1]
        if kind.startswith("{"):
            return
        if not isinstance(found, dict):
            return
        for item in [found, *found.values(), *(found.get("items") or [])]:
            if isinstance(item, dict) and isinstance(item.get("id"), str):
                known = self._known.setdefault(kind, [])
                if item["id"] not in known:
                    known.append(item["id"])
                    del known[:-20]
