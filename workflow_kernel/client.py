"""Talks to a running service: from the command line, a notebook or a script.

    client = connect()                       # the service of this machine, or the one `workflow login` chose
    client.post("/workflows", {"name": "Orders"})

Answers are JSON values; a refusal is raised as the error the service told.
"""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
import msgspec

from workflow_kernel.auth.local import local_token
from workflow_kernel.base.errors import NotSignedInError, Problem, ServiceError, UnavailableError
from workflow_kernel.base.settings import Settings, read_settings
from workflow_kernel.storage import keys, private_file, processes

SERVER = "WORKFLOW_SERVER"
TOKEN = "WORKFLOW_TOKEN"  # noqa: S105 - name of a variable


PART = 4 << 20
"""Bytes of a file that are sent at once."""

TRIES = 5
"""How often a request is sent that comes too soon after others."""


class RefusedError(ServiceError):
    """The service refused a request; says what it said.

    Parameters
    ----------
    status: of the answer. problems: what is wrong with what was sent. document: the whole answer.
    """

    def __init__(self, status: int, document: Mapping[str, Any]) -> None:
        message = str(document.get("detail") or document.get("title") or f"The service answered with status {status}.")
        super().__init__(message, code=str(document.get("code") or "WF612"), mend=str(document.get("mend") or ""))
        self.status = status
        self.problems = [_problem(found) for found in document.get("problems") or ()]
        self.document = document

    def __str__(self) -> str:
        lines = [super().__str__(), *(f"  {problem}" for problem in self.problems)]
        return "\n".join(lines)


class Client:
    """A service, by its address.

    Parameters
    ----------
    url: of the service, without ``/api``. token: an access token or API key; empty for strangers.
    timeout: seconds an answer may take.
    """

    def __init__(self, url: str, token: str, *, timeout: float = 60.0) -> None:
        self.url = url.rstrip("/")
        self.token = token
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._http = httpx.Client(base_url=f"{self.url}/api", headers=headers, timeout=timeout)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def get(self, path: str, **query: Any) -> Any:
        """Read something."""
        return self.send("GET", path, query=query)

    def post(self, path: str, body: Any = None, **query: Any) -> Any:
        """Make or do something."""
        return self.send("POST", path, body={} if body is None else body, query=query)

    def put(self, path: str, body: Any) -> Any:
        """Replace something."""
        return self.send("PUT", path, body=body)

    def patch(self, path: str, body: Any) -> Any:
        """Change something."""
        return self.send("PATCH", path, body=body)

    def delete(self, path: str, **query: Any) -> Any:
        """Take something away."""
        return self.send("DELETE", path, query=query)

    def pages(self, path: str, *, most: int | None = None, **query: Any) -> Iterator[Any]:
        """The items of a list, page by page; at most ``most``."""
        count, cursor = 0, None
        while True:
            page = self.get(path, **query, **({"cursor": cursor} if cursor else {}))
            for item in page["items"]:
                if most is not None and count >= most:
                    return
                count += 1
                yield item
            cursor = page.get("next")
            if not cursor:
                return

    def send(self, method: str, path: str, *, body: Any = None, query: Mapping[str, Any] | None = None) -> Any:
        """Send a request; gives the JSON of the answer, bytes where it is not JSON, None where it is empty.

        Raises ``RefusedError`` with what the service says, ``UnavailableError`` when it does not answer.
        """
        answer = self.answer(method, path, body=body, query=query)
        if not answer.content:
            return None
        if "json" in answer.headers.get("content-type", ""):
            return answer.json()
        return answer.content

    def upload(self, file: Path, path: str, *, replace: bool = False) -> Any:
        """Send a file to the files that nodes may use, in parts; gives what the service then has of it."""
        upload, total, offset = uuid.uuid4().hex, file.stat().st_size, 0
        with file.open("rb") as stream:
            while True:
                part = stream.read(PART)
                query = {"path": path, "upload": upload, "total": total, "offset": offset, "replace": replace}
                found = self.send("PUT", "/files/content", body=part, query=query)
                offset += len(part)
                if offset >= total or not part:
                    return found["file"]

    def download(self, path: str, file: Path) -> None:
        """Fetch one of the files that nodes may use. The file is there whole, or not at all."""
        part = file.with_name(f".{file.name}.part")
        try:
            with self._http.stream("GET", "/files/content", params={"path": path}) as answer:
                if answer.is_error:
                    answer.read()
                    raise RefusedError(answer.status_code, _document(answer))
                with part.open("wb") as stream:
                    for piece in answer.iter_bytes():
                        stream.write(piece)
            part.replace(file)
        except httpx.HTTPError as error:
            raise self._gone(error) from None
        finally:
            part.unlink(missing_ok=True)

    def answer(
        self, method: str, path: str, *, body: Any = None, query: Mapping[str, Any] | None = None
    ) -> httpx.Response:
        """Send a request; gives the answer as it is. One that came too soon after others is sent again in time."""
        wanted = {name: value for name, value in (query or {}).items() if value is not None and value != []}
        content = None if body is None else body if isinstance(body, bytes) else msgspec.json.encode(body, enc_hook=str)
        kind = "application/octet-stream" if isinstance(body, bytes) else "application/json"
        headers = {} if content is None else {"Content-Type": kind}
        try:
            answer = self._http.request(method, path, content=content, params=wanted, headers=headers)
            for _ in range(TRIES - 1):
                if not _came_too_soon(answer):
                    break
                time.sleep(float(answer.headers.get("retry-after", 1)))
                answer = self._http.request(method, path, content=content, params=wanted, headers=headers)
        except httpx.HTTPError as error:
            raise self._gone(error) from None
        if answer.is_error:
            raise RefusedError(answer.status_code, _document(answer))
        return answer

    def _gone(self, error: httpx.HTTPError) -> UnavailableError:
        return UnavailableError(
            f"The service at {self.url} does not answer: {error or type(error).__name__}.",
            code="WF610",
            mend="Start it with 'workflow up', or name another with --server.",
        )


class Profile(msgspec.Struct):
    """A service somebody signed in to, as it is kept."""

    url: str
    token: str


def connect(url: str | None = None, token: str | None = None, *, settings: Settings | None = None) -> Client:
    """The service that is meant.

    Parameters
    ----------
    url, token: of the service; ``WORKFLOW_SERVER`` and ``WORKFLOW_TOKEN`` where not given, then the service of this
        machine if it runs, then the one that ``workflow login`` signed in to.
    """
    url, token = url or os.environ.get(SERVER), token or os.environ.get(TOKEN)
    if url and token:
        return Client(url, token)
    kept = read_profile()
    if url:
        if kept is None or kept.url.rstrip("/") != url.rstrip("/"):
            raise NotSignedInError(
                f"You are not signed in to {url}.", code="WF611", mend=f"Run: workflow login --server {url}"
            )
        return Client(kept.url, kept.token)
    settings = settings or read_settings()
    local = processes.find(settings.data_folder)
    if local is not None:
        return Client(local.url, token or local_token(keys.signing_key(settings)))
    if kept is not None:
        return Client(kept.url, kept.token)
    raise UnavailableError(
        "No service runs on this machine, and none is named.",
        code="WF610",
        mend="Start one with 'workflow up', or sign in to another: workflow login --server URL",
    )


def profile_file() -> Path:
    """Where a sign-in to a service is kept."""
    import platformdirs  # noqa: PLC0415 - only for this

    return Path(platformdirs.user_config_path("workflow", appauthor=False)) / "server.json"


def read_profile() -> Profile | None:
    """The service that was signed in to."""
    try:
        return msgspec.json.decode(profile_file().read_bytes(), type=Profile)
    except (OSError, msgspec.DecodeError):
        return None


def write_profile(profile: Profile) -> None:
    """Keep a sign-in, readable by this user alone."""
    private_file.write(profile_file(), msgspec.json.encode(profile))


def _came_too_soon(answer: httpx.Response) -> bool:
    """Whether somebody asks more often than the service lets them; nothing was done then."""
    return answer.status_code == 429 and _document(answer).get("code") == "WF786"


def _document(answer: httpx.Response) -> Mapping[str, Any]:
    try:
        found = answer.json()
    except ValueError:
        return {}
    return found if isinstance(found, Mapping) else {}


def _problem(found: Mapping[str, Any]) -> Problem:
    return Problem(
        str(found.get("code", "")), str(found.get("message", "")), str(found.get("mend", "")),
        node=str(found.get("node", "")), field=str(found.get("field", "")),
    )  # fmt: skip
