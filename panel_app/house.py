"""What all pages share: the service, the path they are mounted below, who asks, templates, headers."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from panel_app import icons, words
from workflow_kernel import __version__
from workflow_kernel.app.service import Service
from workflow_kernel.app.words import Who

STATIC = Path(__file__).parent / "static"
THEME_COOKIE = "workflow_theme"
PROJECT_COOKIE = "workflow_project"

_COMMON = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class House:
    """Shared by all pages.

    Parameters
    ----------
    service: that they show. prefix: path below which everything is mounted, without a slash at its end.
    """

    def __init__(self, service: Service, prefix: str) -> None:
        self.service = service
        self.prefix = prefix
        self.who = Who(service)
        self.version = __version__

    @cached_property
    def templates(self) -> Environment:
        """The HTML templates."""
        found = Environment(
            loader=PackageLoader("panel_app"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
            lstrip_blocks=True,
        )  # fmt: skip
        found.globals.update(icon=icons.icon, prefix=self.prefix, asset=self.asset)
        found.filters.update(words.FILTERS)
        return found

    def render(self, template: str, values: Mapping[str, Any]) -> str:
        """A template with values."""
        return self.templates.get_template(template).render(values)

    def asset(self, name: str) -> str:
        """The address of a file of ours, which changes when the file does."""
        return f"{self.prefix}/assets/{name}?v={self._digests[name]}"

    @cached_property
    def _digests(self) -> dict[str, str]:
        files = (path for path in STATIC.iterdir() if path.is_file())
        return {path.name: hashlib.sha256(path.read_bytes()).hexdigest()[:12] for path in files}


def headers(*, scripts: str = "'self'", styles: str = "'self'") -> dict[str, str]:
    """Headers of a page: everything from this service, in nobody's frame.

    Parameters
    ----------
    scripts, styles: where they may come from.
    """
    policy = (
        f"default-src 'none'; script-src {scripts}; style-src {styles}; img-src 'self' data: blob:; "
        "font-src 'self' data:; connect-src 'self' blob:; manifest-src 'self'; worker-src 'self' blob:; "
        "frame-src 'self' blob:; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
    return {**_COMMON, "Content-Security-Policy": policy}


def theme_of(cookies: Mapping[str, Any]) -> str:
    """The theme somebody chose: ``light``, ``dark``, or ``auto`` for what their system says."""
    morsel = cookies.get(THEME_COOKIE)
    value = getattr(morsel, "value", morsel)
    return value if value in ("light", "dark") else "auto"
