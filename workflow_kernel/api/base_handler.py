"""What every Tornado handler of ours has: an id of the request, safe headers, who asks, errors as problem+json.

``handler`` serves the routes on top of it; handlers that speak something other than JSON (webhooks, forms, pages)
inherit from it too.
"""

from __future__ import annotations

import functools
import json
import re
import time
from asyncio import Future
from http import HTTPStatus
from typing import Any

import msgspec
import structlog
from tornado.httputil import format_timestamp
from tornado.iostream import StreamClosedError
from tornado.web import HTTPError, RequestHandler

from workflow_kernel.api import csrf, headers, problem
from workflow_kernel.api.address import read_address
from workflow_kernel.api.kernel import Kernel
from workflow_kernel.api.problem import HttpError
from workflow_kernel.api.routing import Cookie
from workflow_kernel.base import log
from workflow_kernel.base.errors import ConflictError, NotSignedInError, TooManyError, WorkflowError
from workflow_kernel.base.ids import new_id
from workflow_kernel.services.actor import STRANGER, Actor
from workflow_kernel.services.identify import SESSION_COOKIE
from workflow_kernel.storage import faults

logger = structlog.get_logger("workflow.api")

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_UNEXPECTED = "Try again; if it stays, give an administrator the id of the request."
_OTHER_METHODS = "OTHER"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


class BaseHandler(RequestHandler):
    """Base of our handlers.

    Class attributes
    ----------------
    route_name: the route as metrics and logs name it. policy: the Content-Security-Policy.
    is_limited: whether the rate limit counts its requests. has_come: whether all of the request has been read.
    """

    kernel: Kernel
    route_name = "unknown"
    policy = headers.API_POLICY
    is_limited = True
    has_come = True

    def __init_subclass__(cls, **more: Any) -> None:
        """Tell Jupyter that our handlers see for themselves who asks: it looks for handlers that forgot."""
        super().__init_subclass__(**more)
        for name in map(str.lower, METHODS):
            method = getattr(cls, name)
            if method is RequestHandler._unimplemented_method:
                continue
            if name not in cls.__dict__:
                method = _passed_on(method)
                setattr(cls, name, method)
            setattr(method, "__allow_unauthenticated", True)

    def initialize(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.started = time.perf_counter()
        self.actor: Actor = STRANGER
        self.error_code = ""
        sent = self.request.headers.get("X-Request-Id", "")
        self.id = sent if _REQUEST_ID.fullmatch(sent) else str(new_id())
        self.set_default_headers()

    def set_default_headers(self) -> None:
        """Called by Tornado before ``initialize`` too, and again before an error is shown."""
        if not hasattr(self, "kernel"):
            return
        self._headers.clear()
        for name, value in headers.COMMON.items():
            self._headers[name] = value
        self._headers["Date"] = format_timestamp(time.time())
        self._headers["Content-Security-Policy"] = self.policy
        self._headers["Vary"] = "Accept-Encoding, Authorization, Cookie, Origin, X-Api-Key"
        self._headers["X-Request-Id"] = self.id
        if self.kernel.proxies.is_https(self.request):
            self._headers["Strict-Transport-Security"] = headers.HTTPS_ONLY
        origin = self.request.headers.get("Origin")
        if origin is not None:
            for name, value in self.kernel.origins.headers(origin).items():
                self.set_header(name, value)

    def finish(self, chunk: str | bytes | dict[str, Any] | None = None) -> Future[None]:
        """Answer. Before all of the request was read, Tornado closes the connection with it; that is told."""
        if not self.has_come:
            self.set_header("Connection", "close")
        return super().finish(chunk)

    def compute_etag(self) -> str | None:
        """None: an answer has one only where it says so."""
        return None

    def check_xsrf_cookie(self) -> None:
        """The host's check; a header no page of another site can send does as well."""
        if "Authorization" not in self.request.headers and "X-Api-Key" not in self.request.headers:
            super().check_xsrf_cookie()

    @property
    def address(self) -> str:
        """Where the request comes from."""
        return self.kernel.proxies.client(self.request)

    def sent_cookies(self) -> dict[str, str]:
        """The cookies of the request."""
        return {name: morsel.value for name, morsel in self.request.cookies.items()}

    async def identified(self, *, is_public: bool = False) -> Actor:
        """Who asks. Raises for those who ask too often, and for cookies that a page of ours did not send back.

        A token that counts no more is no hindrance where strangers may pass: else nobody could sign in again.
        """
        cookies, address = self.sent_cookies(), self.address
        try:
            if self.kernel.identify is not None:
                found = await self.kernel.identify(self)
                self.actor = msgspec.structs.replace(found, address=address, request=self.id)
            else:
                identify = self.kernel.service.identify
                self.actor = await identify(self.request.headers, cookies, address=address, request=self.id)
        except NotSignedInError:
            self.actor = Actor(address=address, request=self.id)
            if not is_public:
                await self._count()
                raise
        if self.actor.id is not None:
            log.bind(user=self.actor.id)
        await self._count()
        csrf.check(self.request.method or "", self.actor, self.request.headers, cookies)
        lost = csrf.missing_cookie(self.actor, cookies)
        if lost is not None:
            self.put_cookie(lost)
        return self.actor

    async def _count(self) -> None:
        limit = self.kernel.rate_limit
        if limit is None or not self.is_limited:
            return
        caller = f"user:{self.actor.id}" if self.actor.id is not None else f"address:{_block(self.address)}"
        found = await limit.hit(caller)
        if found is None:
            return
        self.set_header("RateLimit-Limit", str(found.limit))
        self.set_header("RateLimit-Remaining", str(found.remaining))
        self.set_header("RateLimit-Reset", str(found.reset))
        if not found.is_allowed:
            raise TooManyError(
                f"You may ask {found.limit} times a minute.", code="WF786", mend=f"Try again in {found.reset} seconds.",
                retry_after=found.reset,
            )  # fmt: skip

    def put_cookie(self, cookie: Cookie) -> None:
        """Set a cookie for this mount; the session's brings the one against forged requests along."""
        path = f"{self.kernel.prefix}{cookie.path}"
        if cookie.value is None:
            self.clear_cookie(cookie.name, path=path)
        else:
            self.set_cookie(
                cookie.name, cookie.value, path=path, httponly=cookie.http_only, samesite=cookie.same_site,
                secure=self.kernel.proxies.is_https(self.request), max_age=cookie.seconds,
            )  # fmt: skip
        if cookie.name == SESSION_COOKIE:
            self.put_cookie(csrf.cookie_for(cookie.value, cookie.seconds))

    def send_problem(self, error: WorkflowError) -> None:
        """Answer with an error."""
        status = problem.status_of(error)
        if isinstance(error, ConflictError) and "If-Match" in self.request.headers:
            status = HTTPStatus.PRECONDITION_FAILED
        self.error_code = error.code
        self.set_status(status)
        self.set_header("Content-Type", problem.CONTENT_TYPE)
        self.set_header("Cache-Control", "no-store")
        if isinstance(error, HttpError):
            for name, value in error.headers.items():
                self.set_header(name, value)
        if isinstance(error, TooManyError):
            self.set_header("Retry-After", str(max(1, round(error.retry_after))))
        if status == HTTPStatus.UNAUTHORIZED and "WWW-Authenticate" not in self._headers:
            self.set_header("WWW-Authenticate", 'Bearer realm="workflow"')
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            logger.warning("request.refused", code=error.code, reason=error.message)
        if not self._finished:
            self.finish(json.dumps(problem.document(error, self.id, status)))

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Tornado's way to answer with an error: what nobody caught."""
        error = (kwargs.get("exc_info") or (None, None, None))[1]
        known = error if isinstance(error, WorkflowError) else error and faults.translated(error)
        if isinstance(known, WorkflowError):
            self.send_problem(known)
        elif isinstance(error, HTTPError) and status_code < HTTPStatus.INTERNAL_SERVER_ERROR:
            more = {"Allow": ", ".join(self.SUPPORTED_METHODS)} if status_code == HTTPStatus.METHOD_NOT_ALLOWED else {}
            self.send_problem(HttpError(status_code, f"{HTTPStatus(status_code).phrase}.", headers=more))
        else:
            self.send_problem(HttpError(500, "Something went wrong here.", code="WF789", mend=_UNEXPECTED))

    def log_exception(self, kind: Any, value: Any, trace: Any) -> None:
        """Log what nobody caught; refusals, and servers that are away, are no faults of the program."""
        if isinstance(value, WorkflowError | HTTPError | StreamClosedError) or faults.translated(value) is not None:
            return
        logger.error("request.failed", path=self.request.path, request=self.id, exc_info=(kind, value, trace))

    def _log(self) -> None:
        """One line and one count a request."""
        method, status = self.request.method or "", self.get_status()
        seconds = time.perf_counter() - self.started
        method = method if method in METHODS else _OTHER_METHODS
        self.kernel.measures.request(method, self.route_name, status, seconds, self.error_code)
        logger.info(
            "request", request=self.id, method=method, route=self.route_name, status=status,
            ms=round(seconds * 1000, 2), **({"code": self.error_code} if self.error_code else {}),
        )  # fmt: skip


def _passed_on(method: Any) -> Any:
    """A method of ours that does what an inherited one does: the mark is not for others who inherit it."""

    @functools.wraps(method)
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        return method(self, *args, **kwargs)

    return call


def _block(address: str) -> str:
    """What counts as one stranger: an address of IPv4, a network of 64 bits of IPv6."""
    found = read_address(address)
    if found is None or found.version == 4:
        return address
    return found.exploded[:19]
