"""What a page is: an address, a template, what it loads, what people can do on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

import msgspec

from workflow_kernel.base.errors import InvalidRequestError

if TYPE_CHECKING:
    from panel_app.visit import Visit

Value = str | list[str] | None


class Sent(msgspec.Struct, frozen=True):
    """What somebody did: pressed a button, sent a form.

    Parameters
    ----------
    do: what; ``value``: to what. form: the fields of the form. id: of the message, for the answer.
    """

    do: str
    value: str = ""
    form: Mapping[str, str | list[str]] = {}
    id: int = 0

    def text(self, name: str) -> str:
        """A field of the form; empty where there is none."""
        found = self.form.get(name, "")
        return (found if isinstance(found, str) else ",".join(found)).strip()

    def texts(self, name: str) -> list[str]:
        """A field that may have several values."""
        found = self.form.get(name, [])
        return [found] if isinstance(found, str) else list(found)


class Page:
    """A page. Methods named ``on_...`` are what people can do on it.

    Class attributes
    ----------------
    pattern: of its address, with parts by name. place: its entry in the navigation. template: its HTML.
    permission: without which it is not shown. every: seconds after which it looks anew, at least; None for never.

    Parameters
    ----------
    visit: that shows it. path, query: its address. parts: of the pattern.
    """

    pattern: ClassVar[str]
    place: ClassVar[str]
    template: ClassVar[str]
    permission: ClassVar[str] = ""
    every: ClassVar[float | None] = None

    def __init__(self, visit: Visit, path: str, query: Mapping[str, Sequence[str]], parts: Mapping[str, str]) -> None:
        self.visit = visit
        self.service: Any = visit.service
        self.path = path
        self.query = query
        self.parts = parts
        self.charts: Sequence[Any] = ()
        self.title = self.place.capitalize()

    @property
    def channels(self) -> Sequence[str]:
        """Live channels that make it look anew."""
        return ()

    def concerns(self, channel: str, data: bytes) -> bool:
        """Whether a live message changes what it shows."""
        return True

    async def load(self) -> Mapping[str, Any]:
        """What its template shows."""
        return {}

    async def act(self, sent: Sent) -> None:
        """Do what somebody asks for."""
        if sent.do == "refresh":
            return
        method = getattr(self, "on_" + sent.do.replace("-", "_"), None)
        if method is None:
            raise InvalidRequestError(f"Nothing is known about '{sent.do[:60]}'.", mend="Load the page anew.")
        await method(sent)

    def asked(self, name: str) -> str:
        """A value of the address; empty where there is none."""
        return next(iter(self.query.get(name, ())), "").strip()


def after(text: str) -> tuple[datetime, UUID] | None:
    """Where a list goes on: a moment and an id, as an address has them; None for none, or a made-up one."""
    at, _, name = text.partition("~")
    try:
        return (datetime.fromisoformat(at), UUID(name)) if name else None
    except ValueError:
        return None
