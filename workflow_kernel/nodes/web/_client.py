"""Sending one request: the right client, redirects, cookies of one exchange, and errors people can act on.

All requests go through the environment's client, which fences addresses. Settings that need another client (proxy,
TLS) make one with the same event hooks; an environment whose client has its own transport says how by a method
``variant(verify=, proxy=)`` of that client.
"""

from __future__ import annotations

import asyncio
import ssl
import tempfile
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from workflow_kernel.nodes.web._auth import SignIn
from workflow_kernel.nodes.web._models import Redirects
from workflow_kernel.nodes.web._values import redact, shown
from workflow_kernel.sdk import Context, NodeError

_SAFE = frozenset({"GET", "HEAD"})


class Clients:
    """The clients of one node run, closed at its end.

    Parameters
    ----------
    ctx: of the run.
    """

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._made: dict[tuple[str, bool], httpx.AsyncClient] = {}
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def find(self, proxy: str, ignore_tls: bool) -> httpx.AsyncClient:
        """The client for these settings and the credential in the slot ``tls``."""
        certificate = self._ctx.credential("tls")
        if not proxy and not ignore_tls and certificate is None:
            return self._ctx.http
        key = (proxy, ignore_tls)
        found = self._made.get(key)
        if found is None:
            verify: ssl.SSLContext | bool = not ignore_tls
            if certificate is not None:
                verify = tls_context(certificate, ignore=ignore_tls)
            if proxy or certificate is not None or _can_vary(self._ctx.http):
                found = variant(self._ctx.http, verify, _proxy_url(proxy))
            else:
                self._ctx.log.warning("http.tls_setting_ignored")
                found = self._ctx.http
            self._made[key] = found
            if found is not self._ctx.http:
                await self._stack.enter_async_context(found)
        return found


def variant(shared: httpx.AsyncClient, verify: ssl.SSLContext | bool, proxy: str | None) -> httpx.AsyncClient:
    """A client like the shared one with other settings of TLS and proxy.

    Raises
    ------
    NodeError: this environment allows none, or the proxy's address is no address.
    """
    make = getattr(shared, "variant", None)
    if make is None and not _can_vary(shared):
        raise NodeError(
            "A proxy or a client certificate cannot be used here.",
            mend="An administrator decides which outgoing connections are allowed.",
        )
    try:
        if make is not None:
            made: httpx.AsyncClient = make(verify=verify, proxy=proxy)
            return made
        return httpx.AsyncClient(verify=verify, proxy=proxy, event_hooks=shared.event_hooks, timeout=shared.timeout)
    except (ValueError, httpx.InvalidURL, ImportError):
        raise NodeError(
            "The proxy's address cannot be used.", mend="Write it as http://user:password@host:port."
        ) from None


def _can_vary(client: httpx.AsyncClient) -> bool:
    """Whether the client is one of our own making, which others can be made like."""
    return hasattr(client, "variant") or type(getattr(client, "_transport", None)) is httpx.AsyncHTTPTransport


def _proxy_url(proxy: str) -> str | None:
    if not proxy:
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


def tls_context(values: Mapping[str, Any], *, ignore: bool) -> ssl.SSLContext:
    """A TLS context with a client's certificate, from PEM texts. Raises ``NodeError`` when they cannot be read."""
    authority = values.get("authority") or values.get("ca") or None
    try:
        context = ssl.create_default_context(cadata=authority)
    except ssl.SSLError:
        raise NodeError(
            "The certificates of authorities cannot be read.", mend="Paste them into 'authority' as PEM text."
        ) from None
    if ignore:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    certificate, key = values.get("certificate") or values.get("cert"), values.get("key")
    if certificate and key:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "client.pem"
            path.touch(mode=0o600)
            path.write_text(f"{key}\n{certificate}\n")
            try:
                context.load_cert_chain(path, password=str(values.get("passphrase") or ""))
            except (ssl.SSLError, ValueError):
                raise NodeError(
                    "The client certificate cannot be read.",
                    mend="The credential needs 'certificate' and 'key' as PEM text, and 'passphrase' for a locked key.",
                ) from None
    return context


def make_request(
    client: httpx.AsyncClient, method: str, url: str, headers: Mapping[str, str], content: dict[str, Any]
) -> httpx.Request:
    """A request with the client's own headers but none of its cookies, which belong to other runs.

    Raises
    ------
    NodeError: the URL is none.
    """
    try:
        address = httpx.URL(url)
    except (httpx.InvalidURL, TypeError, UnicodeError) as error:
        raise NodeError(f"'{shown(str(url))}' is not a URL: {error}", mend=URL_MEND) from None
    if address.scheme not in ("http", "https") or not address.host:
        raise NodeError(f"'{shown(url)}' is not a URL that can be requested.", mend=URL_MEND)
    merged = httpx.Headers(client.headers)
    merged.update(headers)
    return httpx.Request(method, address, headers=merged, **content)


URL_MEND = "Write the whole address, beginning with http:// or https://."


async def send(
    client: httpx.AsyncClient, request: httpx.Request, sign: SignIn, redirects: Redirects, timeout: float
) -> httpx.Response:
    """The answer, its body not read yet, after following redirects.

    Raises
    ------
    NodeError: nobody answered, not in time, or with too many redirects.
    """
    label = f"{request.method} {shown(str(request.url))}"
    request.extensions = {**request.extensions, "timeout": httpx.Timeout(timeout).as_dict()}
    try:
        async with asyncio.timeout(timeout):
            return await _follow(client, request, sign, redirects, label)
    except TimeoutError:
        raise NodeError(
            f"{label} was not answered within {timeout:g} seconds.", code="WF351", mend="Try again or allow more time."
        ) from None
    except httpx.TimeoutException as error:
        raise NodeError(
            f"{label} took too long ({type(error).__name__}).", code="WF351", mend="Try again or allow more time."
        ) from None
    except httpx.HTTPError as error:
        raise NodeError(
            f"{label} failed: {redact(str(error), sign.secrets) or type(error).__name__}.",
            code="WF352",
            mend="Check the address and that the service is running.",
        ) from None


async def _follow(
    client: httpx.AsyncClient, request: httpx.Request, sign: SignIn, redirects: Redirects, label: str
) -> httpx.Response:
    cookies = httpx.Cookies()
    own_cookie = request.headers.get("cookie")
    follows = redirects.follow == "always" or (redirects.follow == "get" and request.method in _SAFE)
    for _ in range(redirects.limit + 1 if follows else 1):
        _check_host(sign, request)
        response = await _send_one(client, request, sign.auth)
        following = response.next_request
        if following is None or not follows:
            return response
        cookies.extract_cookies(response)
        await response.aclose()
        sign, own_cookie = _on_the_way(request, following, sign, own_cookie, redirects.send_credentials)
        following.headers.pop("cookie", None)
        cookies.set_cookie_header(following)
        if own_cookie and "cookie" not in following.headers:
            following.headers["cookie"] = own_cookie
        following.extensions = request.extensions
        request = following
    raise NodeError(
        f"{label} was redirected more than {redirects.limit} times.",
        code="WF353",
        mend="Check the address, or raise 'redirects.limit'.",
    )


async def _send_one(client: httpx.AsyncClient, request: httpx.Request, auth: httpx.Auth | None) -> httpx.Response:
    if auth is None:
        return await client.send(request, stream=True, follow_redirects=False)
    return await client.send(request, stream=True, follow_redirects=False, auth=auth)


def _on_the_way(
    before: httpx.Request, after: httpx.Request, sign: SignIn, own_cookie: str | None, keeps: bool
) -> tuple[SignIn, str | None]:
    """Takes what signs in off a request that goes to another host."""
    same = (before.url.scheme, before.url.host, before.url.port) == (after.url.scheme, after.url.host, after.url.port)
    if same or keeps:
        return sign, own_cookie
    if sign.in_body and after.method not in _SAFE:
        raise NodeError(
            f"The request was redirected to '{after.url.host}', which is not to have the secrets in its body.",
            mend="Write the address it is redirected to, if the credential is for it.",
        )
    for name in sign.headers:
        after.headers.pop(name, None)
    return SignIn(httpx.Auth(), (), sign.secrets), None


def _check_host(sign: SignIn, request: httpx.Request) -> None:
    """Raises ``NodeError`` where the credential is not for the host."""
    if not sign.hosts:
        return
    host = request.url.host.lower().rstrip(".")
    for pattern in map(str.lower, sign.hosts):
        if host == pattern or (pattern.startswith("*.") and host.endswith(pattern[1:])):
            return
    raise NodeError(
        f"The credential may not be sent to '{host}'.",
        code="WF738",
        mend=f"It is for {', '.join(sign.hosts)}: use one of them, or have its owner add the host.",
    )
