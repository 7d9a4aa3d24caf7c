"""How a door of the API is written: a plain async function with ``@route``, listed in ``ROUTES`` of its module.

``binding`` reads the annotations, ``handler`` serves the route over Tornado, ``openapi`` documents it. Nothing here
knows Tornado's handlers.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any, Generic, Literal, TypeVar

import msgspec
from tornado.httputil import HTTPServerRequest

from workflow_kernel.api.pages import Page, PageQuery
from workflow_kernel.api.parts import Service
from workflow_kernel.services.actor import Actor

__all__ = ["Answer", "Cookie", "Method", "Page", "PageQuery", "Request", "Route", "route"]

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
Value = TypeVar("Value")
Function = TypeVar("Function", bound=Callable[..., Any])


class Request:
    """What a route gets to know about a request.

    Parameters
    ----------
    service: the ``Service``. actor: who asks. address: where from. id: of the request.
    headers, cookies: as sent. raw: Tornado's request. prefix: path below which everything is mounted.
    """

    __slots__ = ("actor", "address", "cookies", "headers", "id", "prefix", "raw", "service")

    def __init__(
        self,
        *,
        service: Service,
        actor: Actor,
        address: str,
        id: str,
        cookies: Mapping[str, str],
        raw: HTTPServerRequest,
        prefix: str = "",
    ) -> None:
        self.service = service
        self.actor = actor
        self.address = address
        self.id = id
        self.headers: Mapping[str, str] = raw.headers
        self.cookies = cookies
        self.raw = raw
        self.prefix = prefix


class Cookie(msgspec.Struct, frozen=True):
    """A cookie to set. ``value`` None takes it away. ``seconds`` None keeps it until the browser closes.

    ``path`` is below the mount's prefix. ``Secure`` is set whenever the request came over HTTPS.
    """

    name: str
    value: str | None
    seconds: int | None = None
    path: str = "/"
    http_only: bool = True
    same_site: Literal["Lax", "Strict", "None"] = "Lax"


class Answer(msgspec.Struct, Generic[Value], frozen=True):
    """An answer that says more than its value.

    Parameters
    ----------
    value: a model for JSON; bytes, text or an iterator of bytes go out as they are, with ``content_type``.
    status: instead of the route's. headers: to add. cookies: to set.
    etag: the version of the value, as ``etag.version_tag`` gives it; ``If-Match`` may name it when saving.
    content_type: of bytes and text. filename: offers the answer as a download.
    """

    value: Value | bytes | str | AsyncIterator[bytes] | None = None
    status: int | None = None
    headers: Mapping[str, str] = {}
    cookies: Sequence[Cookie] = ()
    etag: str = ""
    content_type: str = "application/octet-stream"
    filename: str = ""


class Route(msgspec.Struct, frozen=True):
    """A door: where it is, what it is called, who may pass.

    Parameters
    ----------
    method, path: ``path`` is below ``/api`` and names parameters in braces.
    tag: group in the documentation. summary, description: from the docstring where not given.
    status: of an answer that went well. errors: statuses beyond those every route can have.
    public: whether strangers may pass. permission: what it takes, checked before the body is read; where not given it
        is what the called service method needs (see ``permissions``).
    content: media types of the body where it is not JSON. answers: media types of the answer where it is not JSON.
    max_body: bytes, where it is not the setting. limited: whether the rate limit counts it.
    example: of the body.
    """

    function: Callable[..., Any]
    method: Method
    path: str
    tag: str
    summary: str
    description: str
    status: int
    errors: tuple[int, ...]
    public: bool
    permission: str | None
    content: tuple[str, ...]
    answers: tuple[str, ...]
    max_body: int | None
    limited: bool
    example: Any

    @property
    def name(self) -> str:
        """Its operation id."""
        return self.function.__name__


def route(
    method: Method,
    path: str,
    *,
    tag: str,
    status: int | None = None,
    summary: str = "",
    errors: Sequence[int] = (),
    public: bool = False,
    permission: str | None = None,
    content: Sequence[str] = (),
    answers: Sequence[str] = (),
    max_body: int | None = None,
    limited: bool = True,
    example: Any = None,
) -> Callable[[Function], Function]:
    """Make a route of an async function. See ``Route`` for the parameters."""

    def decorate(function: Function) -> Function:
        docstring = (function.__doc__ or "").strip()
        first, _, rest = docstring.partition("\n")
        function.__route__ = Route(  # type: ignore[attr-defined]
            function=function, method=method, path=path, tag=tag,
            summary=summary or first.rstrip(".") or function.__name__.replace("_", " ").capitalize(),
            description="\n".join(line.strip() for line in rest.strip().splitlines()),
            status=200 if status is None else status, errors=tuple(errors), public=public, permission=permission,
            content=tuple(content), answers=tuple(answers), max_body=max_body, limited=limited, example=example,
        )  # fmt: skip
        return function

    return decorate
