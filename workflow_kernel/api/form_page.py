"""The page of a form: shown with what was filled in and what is wrong with it, and read when it is sent.

``forms`` shows those that start workflows, ``resume`` those that executions wait for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from workflow_kernel.api import call_body, html_page
from workflow_kernel.api.call_handler import CallHandler
from workflow_kernel.api.problem import HttpError
from workflow_kernel.base.ids import new_id
from workflow_kernel.contracts import Blobs
from workflow_kernel.runs.item import Binary
from workflow_kernel.sdk.forms import FormPage
from workflow_kernel.services.form_answers import input_name

Values = Mapping[int, Sequence[str]]


def show(
    handler: CallHandler, form: FormPage, values: Values, problems: Mapping[int, str], *, status: int = 200,
    banner: str = "", token: str = "", page: str = "",
) -> None:  # fmt: skip
    """Answer with the form.

    Parameters
    ----------
    values: what fields hold. problems: what is wrong, by the field's position. banner: what else is wrong.
    token, page: what is sent back; ``page`` names this page.
    """
    shown = _Shown(form, values, problems)
    html_page.show(
        handler, "form.html", status=status, goes_to=form.done.redirect, title=form.title,
        description=form.description, fields=form.fields, button=form.button, values=values, problems=problems,
        banner=banner, token=token, page=page or str(new_id()), name=input_name, first=shown.first,
        marks=shown.marks, described=shown.described, needs_any=any(field.required for field in form.fields),
    )  # fmt: skip


def prefilled(page: FormPage, query: Mapping[str, Sequence[str]]) -> dict[int, Sequence[str]]:
    """What fields hold at first: what the address says, else what the form does. Never a password."""
    found: dict[int, Any] = {}
    for position, field in enumerate(page.fields):
        if field.kind in ("password", "file"):
            continue
        given = query.get(field.key) or ([field.value] if field.value else [])
        if given:
            found[position] = list(given)
    return found


async def read(
    handler: CallHandler, form: FormPage, blobs: Blobs
) -> tuple[Mapping[str, list[str]], Mapping[str, list[Binary]]]:  # fmt: skip
    """What was sent: texts and files by the names of the inputs. Files of no field are not kept."""
    kind, options = call_body.content_type(handler.request.headers.get("Content-Type", ""))
    if kind == call_body.MULTIPART:
        values, sent = call_body.read_multipart(handler.body, options)
    elif kind == call_body.FORM:
        values, sent = call_body.read_fields(handler.body), []
    else:
        raise HttpError(415, "A form was expected.", code="WF745", mend="Send it from the page.")
    texts = {name: value if isinstance(value, list) else [value] for name, value in values.items()}
    wanted = {input_name(number) for number, field in enumerate(form.fields) if field.kind == "file"}
    files: dict[str, list[Binary]] = {}
    for name, file in sent:
        if name in wanted and (file["filename"] or file["body"]):
            media = str(file["content_type"] or "").lower()
            kept = await call_body.keep(file["body"], media, call_body.safe_name(file["filename"]), blobs)
            files.setdefault(name, []).append(kept)
    return texts, files


class _Shown:
    """What the template asks of a field, by its position."""

    def __init__(self, page: FormPage, values: Values, problems: Mapping[int, str]) -> None:
        self._fields = page.fields
        self._values = values
        self._problems = problems

    def first(self, position: int) -> str:
        """The text a field holds."""
        return next(iter(self._values.get(position, ())), "")

    def described(self, position: int) -> str:
        """Attributes that lead to its help and problem."""
        ids = [f"wrong-{position}"] if position in self._problems else []
        ids += [f"help-{position}"] if self._fields[position].help else []
        wrong = ' aria-invalid="true"' if position in self._problems else ""
        return f'{wrong} aria-describedby="{escape(" ".join(ids))}"' if ids else wrong

    def marks(self, position: int) -> str:
        """The same, and whether it is required."""
        required = " required" if self._fields[position].required else ""
        return f"{required}{self.described(position)}"
