"""Versions of things in ``ETag`` and ``If-Match``: nobody overwrites what they have not seen."""

from __future__ import annotations

from workflow_kernel.api.problem import HttpError
from workflow_kernel.api.routing import Request


def version_tag(version: int) -> str:
    """The tag of a version, for ``Answer(etag=...)``."""
    return f"v{version}"


def expected_version(request: Request) -> int | None:
    """The version ``If-Match`` names; None where there is no such header, or any version will do.

    Raises ``HttpError`` 412 for a tag that is none of ours: it matches nothing.
    """
    text = request.headers.get("If-Match", "").strip()
    if text in ("", "*"):
        return None
    tag = text.removeprefix('"').removesuffix('"').partition(".")[0]
    number = tag.removeprefix("v")
    if not number.isascii() or not number.isdigit() or tag == number or len(number) > 9:
        raise HttpError(412, f"'{text[:40]}' is no version.", code="WF704", mend="Send the ETag that came with it.")
    return int(number)
