"""What handlers have that strangers call: webhooks, forms, resume links. The body is bounded and kept as it came.

Nobody is identified here and no cookie of ours counts, so there is nothing a page of others could borrow.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from urllib.parse import parse_qs

from tornado.httputil import format_timestamp
from tornado.web import stream_request_body

from workflow_kernel.api import limits
from workflow_kernel.api.base_handler import METHODS, BaseHandler
from workflow_kernel.api.problem import HttpError
from workflow_kernel.auth.webhooks import Call, RefusedError
from workflow_kernel.base import log
from workflow_kernel.base.errors import InvalidRequestError, WorkflowError

SANDBOX = (
    "sandbox allow-downloads allow-forms allow-modals allow-popups allow-scripts "
    "allow-top-navigation-by-user-activation"
)
"""The policy of pages that workflows make: they run apart from this origin, so no cookie of ours is theirs."""

_MOST_FIELDS = 500


@stream_request_body
class CallHandler(BaseHandler):
    """Base of these handlers. ``look_at`` is called before the body is read, ``take`` when it is there."""

    SUPPORTED_METHODS = METHODS
    has_come = False
    policy = SANDBOX
    is_limited = False
    most = 0
    body = b""

    async def look_at(self) -> None:
        """Find what is called, set ``most``, raise for what may not be. May answer at once."""
        raise NotImplementedError

    async def take(self) -> None:
        """Answer."""
        raise NotImplementedError

    def set_default_headers(self) -> None:
        """Few: what is answered is somebody's API or page."""
        if not hasattr(self, "kernel"):
            return
        self._headers.clear()
        self._headers["Date"] = format_timestamp(time.time())
        self._headers["X-Content-Type-Options"] = "nosniff"
        self._headers["Content-Security-Policy"] = self.policy
        self._headers["X-Request-Id"] = self.id

    def check_xsrf_cookie(self) -> None:
        """Nothing: no cookie counts here."""

    async def prepare(self) -> None:
        log.bind(request=self.id)
        self._chunks: list[bytes] = []
        self._size = 0
        self._refusal: WorkflowError | None = None
        try:
            await self.look_at()
            if not self._finished:
                limits.check_length(self.request.headers, self.most)
        except RefusedError as error:
            self._refuse(refusal(error))
        except WorkflowError as error:
            self._refuse(error)

    def data_received(self, chunk: bytes) -> None:
        self._size += len(chunk)
        if self._refusal is None and self._size > self.most:
            self._refusal = limits.too_large(self.most)
            self._chunks.clear()
        if self._refusal is None:
            self._chunks.append(chunk)
        elif self._size > limits.DRAINED and not self._finished:
            self.send_problem(self._refusal)

    async def serve(self) -> None:
        """Every method."""
        self.has_come = True
        if self._finished:
            return
        if self._refusal is not None:
            self.send_problem(self._refusal)
            return
        self.body = self._chunks[0] if len(self._chunks) == 1 else b"".join(self._chunks)
        try:
            await self.take()
        except RefusedError as error:
            self.send_problem(refusal(error))
        except WorkflowError as error:
            self.send_problem(error)

    get = head = post = put = patch = delete = options = serve

    def call(self, path: str, body: bytes = b"") -> Call:
        """The request as ``auth.webhooks`` looks at it; ``path`` is below the mount."""
        request = self.request
        return Call(
            request.method or "", path, request.headers, self.query, body, self.address,
            self.kernel.proxies.trusts(request.remote_ip or ""), time.time(),
        )  # fmt: skip

    @property
    def query(self) -> Mapping[str, Sequence[str]]:
        """The fields of the query. Raises for more than anybody needs."""
        if not self.request.query:
            return {}
        try:
            return parse_qs(
                self.request.query, keep_blank_values=True, errors="replace", max_num_fields=_MOST_FIELDS
            )  # fmt: skip
        except ValueError:
            raise InvalidRequestError(
                f"The query has more than {_MOST_FIELDS} fields.", code="WF745", mend="Send less."
            ) from None

    @property
    def below(self) -> str:
        """The path below the mount."""
        return self.request.path.removeprefix(self.kernel.prefix)

    @property
    def base(self) -> str:
        """How the outside reaches the mount."""
        public = self.kernel.settings.public_url.rstrip("/")
        scheme = "https" if self.kernel.proxies.is_https(self.request) else self.request.protocol
        return public or f"{scheme}://{self.request.host}{self.kernel.prefix}"

    def _refuse(self, error: WorkflowError) -> None:
        """Answer once the body has come, unread: who still sends when the connection closes never sees the answer."""
        if limits.is_worth_reading(self.request.headers):
            self._refusal = error
        else:
            self.send_problem(error)


def refusal(error: RefusedError) -> HttpError:
    """What a caller is told that is refused: nothing but that."""
    challenge = error.challenge or 'Webhook realm="webhook"'
    headers = {"WWW-Authenticate": challenge} if error.status == 401 else {}
    return HttpError(error.status, "The call was refused.", code="WF746", headers=headers)
