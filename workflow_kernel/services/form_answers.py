"""Answers to a form, read and checked: what a browser checks too, and whoever sends without one. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import msgspec

from workflow_kernel.runs.item import Binary
from workflow_kernel.sdk.forms import FormField, FormPage

LONGEST = 100_000
"""Characters of an answer."""

_EMAIL = re.compile(r"[^\s@<>()\[\],;:\"]{1,64}@[^\s@<>()\[\],;:\"]{1,255}")


class Answers(msgspec.Struct, frozen=True):
    """Answers by the names of their fields.

    Parameters
    ----------
    values, files: what an execution gets. sent: what was sent, by the field's position, to be shown again.
    problems: what is wrong, a sentence by the field's position.
    """

    values: Mapping[str, Any]
    files: Mapping[str, Binary]
    sent: Mapping[int, Sequence[str]]
    problems: Mapping[int, str]


def input_name(position: int) -> str:
    """The name of a field in the page: labels may be anything."""
    return f"field-{position}"


def read(page: FormPage, sent: Mapping[str, Sequence[str]], files: Mapping[str, Sequence[Binary]]) -> Answers:
    """The answers to a form.

    Parameters
    ----------
    sent, files: texts and attachments by the fields' names in the page.
    """
    values: dict[str, Any] = {}
    attachments: dict[str, Binary] = {}
    shown: dict[int, Sequence[str]] = {}
    problems: dict[int, str] = {}
    for position, field in enumerate(page.fields):
        name = input_name(position)
        if field.kind == "file":
            found = list(files.get(name, ()))
            problem = _file_problem(field, found)
            attachments |= _named(field, found)
            values[field.key] = (
                [_file(one) for one in found] if field.multiple else (_file(found[0]) if found else None)
            )
        else:
            texts = [text.replace("\r\n", "\n") for text in sent.get(name, ())]
            if field.kind != "password":
                shown[position] = texts
            values[field.key], problem = _value(field, texts)
        if problem:
            problems[position] = problem
    return Answers(values, attachments, shown, problems)


def _value(field: FormField, texts: Sequence[str]) -> tuple[Any, str]:
    """The value of a field, and what is wrong with it."""
    if any(len(text) > LONGEST for text in texts):
        return None, f"Write at most {LONGEST:,} characters."
    if field.kind == "checkbox":
        is_on = bool(texts)
        return is_on, "Tick this box." if field.required and not is_on else ""
    if field.kind == "hidden":
        return texts[0] if texts else field.value, ""
    filled = [text for text in texts if text.strip()]
    if field.kind in ("select", "choices"):
        return _chosen(field, filled)
    text = filled[0] if filled else ""
    if not text:
        return None if field.kind in ("number", "date") else "", "Fill in this field." if field.required else ""
    return _written(field, text)


def _written(field: FormField, text: str) -> tuple[Any, str]:
    text = text if field.kind in ("password", "textarea") else text.strip()
    match field.kind:
        case "number":
            number = _number(text)
            return number, "Write a number." if number is None else ""
        case "email":
            return text, "" if _EMAIL.fullmatch(text) else "Write an e-mail address such as ada@example.com."
        case "date":
            try:
                return date.fromisoformat(text).isoformat(), ""
            except ValueError:
                return text, "Write a date such as 2030-01-31."
    return text, ""


def _chosen(field: FormField, texts: Sequence[str]) -> tuple[Any, str]:
    problem = ""
    if any(text not in field.options for text in texts):
        problem = "Choose one of the options."
    elif field.required and not texts:
        problem = "Choose at least one." if field.multiple else "Choose one."
    if field.multiple:
        return [text for text in field.options if text in texts], problem
    return (texts[0] if texts else ""), problem


def _number(text: str) -> int | float | None:
    if re.fullmatch(r"[+-]?\d{1,15}", text):
        return int(text)
    try:
        number = float(text.replace(",", ".") if "," in text and "." not in text else text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _file_problem(field: FormField, files: Sequence[Binary]) -> str:
    if not files:
        return "Choose a file." if field.required else ""
    if len(files) > 1 and not field.multiple:
        return "Choose one file."
    kinds = [kind.strip().lower() for kind in field.accept.split(",") if kind.strip()]
    wrong = next((file for file in files if kinds and not any(_is_kind(file, kind) for kind in kinds)), None)
    return f"'{wrong.file_name}' is not a file of the kind {field.accept}." if wrong is not None else ""


def _is_kind(file: Binary, kind: str) -> bool:
    if kind.startswith("."):
        return (file.file_name or "").lower().endswith(kind)
    return file.mime_type.startswith(kind[:-1]) if kind.endswith("/*") else file.mime_type == kind


def _named(field: FormField, files: Sequence[Binary]) -> dict[str, Binary]:
    name = re.sub(r"\W+", "_", field.key).strip("_") or "file"
    if len(files) == 1:
        return {name: files[0]}
    return {f"{name}_{number}": file for number, file in enumerate(files)}


def _file(file: Binary) -> dict[str, Any]:
    return {"filename": file.file_name, "mimetype": file.mime_type, "size": file.size}
