"""Pages that work without scripts, made from the templates beside this module: forms, decisions, last words.

Everything a page shows is escaped by the templates; its one style sheet stands in it, under a nonce.
"""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tornado.template import Loader
from tornado.web import RequestHandler

_FOLDER = Path(__file__).parent / "templates"
_LOADER = Loader(str(_FOLDER), autoescape="xhtml_escape")
_CSS = (_FOLDER / "page.css").read_text(encoding="utf-8")


def show(handler: RequestHandler, template: str, *, status: int = 200, goes_to: str = "", **values: Any) -> None:
    """Answer with a page.

    Parameters
    ----------
    template: its file. goes_to: where sending its form may lead besides here.
    """
    nonce = secrets.token_urlsafe(12)
    target = urlsplit(goes_to)
    elsewhere = f" {target.scheme}://{target.netloc}" if target.netloc and _is_plain(target.netloc) else ""
    policy = (
        f"default-src 'none'; style-src 'nonce-{nonce}'; img-src 'self' data:; base-uri 'none'; "
        f"form-action 'self'{elsewhere}; frame-ancestors 'self'"
    )
    handler.set_status(status)
    handler.set_header("Content-Type", "text/html; charset=utf-8")
    handler.set_header("Content-Security-Policy", policy)
    handler.set_header("Cache-Control", "no-store")
    handler.set_header("Referrer-Policy", "no-referrer")
    values = {"refresh": "", **values}
    page = _LOADER.load(template).generate(nonce=nonce, css=_CSS, **values)
    if handler.request.method == "HEAD":
        handler.finish()
    else:
        handler.finish(page)


def last_words(
    handler: RequestHandler, title: str, text: str, *, status: int = 200, refresh: str = "", is_error: bool = False
) -> None:
    """Answer with a page that says something and asks nothing."""
    show(handler, "last.html", status=status, title=title, text=text, refresh=refresh, is_error=is_error)


def _is_plain(host: str) -> bool:
    return all(character.isalnum() or character in ".-:[]" for character in host) and host.isascii()
