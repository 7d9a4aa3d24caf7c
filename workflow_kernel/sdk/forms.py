"""What a form asks for and says, as parameters a node type may have. The page itself is made by ``api.forms``."""

from __future__ import annotations

import re
from typing import Literal

from workflow_kernel.sdk.parameters import Field, Model

FieldKind = Literal[
    "text", "textarea", "number", "email", "date", "select", "choices", "checkbox", "file", "password", "hidden"
]  # fmt: skip

_CHOOSE = ["select", "choices"]


class FormField(Model):
    """A field of a form."""

    label: str = Field(description="What stands beside it.", min_length=1, max_length=300)
    name: str = Field("", description="The name its value gets; the label when empty.", max_length=200)
    kind: FieldKind = Field("text", description="What it is.")
    required: bool = Field(False, description="Whether it must be filled in.")
    placeholder: str = Field(
        "", description="An example, shown while it is empty.", max_length=300,
        show={"kind": ["text", "textarea", "number", "email", "password"]},
    )  # fmt: skip
    help: str = Field("", description="A sentence below it.", max_length=1000)
    value: str = Field(
        "", description="What it holds at first; a field of the query with its name comes before.", max_length=10_000,
        show={"kind": ["text", "textarea", "number", "email", "date", "select", "hidden"]},
    )  # fmt: skip
    options: list[str] = Field([], description="What can be chosen.", widget="list", show={"kind": _CHOOSE})
    multiple: bool = Field(False, description="Whether several are taken.", show={"kind": [*_CHOOSE, "file"]})
    accept: str = Field(
        "", description="Kinds of files that are taken.", placeholder=".pdf, image/*", max_length=300,
        show={"kind": "file"},
    )  # fmt: skip

    @property
    def key(self) -> str:
        """The name its value gets."""
        return self.name.strip() or self.label.strip()


class Done(Model):
    """What is shown when a form was sent."""

    title: str = Field("Thank you", description="Heading.", max_length=300)
    text: str = Field("Your answers have been sent.", description="Text below it.", max_length=5000)
    redirect: str = Field(
        "", description="A page to go to instead.", pattern=r"^(https?://\S+)?$", placeholder="https://",
        max_length=2000,
    )  # fmt: skip


class FormPage(Model):
    """A form."""

    title: str = Field("Form", description="Heading.", max_length=300)
    description: str = Field("", description="Text below it.", widget="multiline", max_length=10_000)
    fields: list[FormField] = Field([], description="The fields, in order.", widget="list")
    button: str = Field("Send", description="What the button says.", min_length=1, max_length=100)
    done: Done = Field(Done(), description="What is shown when it was sent.")

    def problem(self) -> str:
        """What is wrong with it, in a sentence; empty when nothing is."""
        keys = [field.key for field in self.fields]
        double = next((key for key in keys if keys.count(key) > 1), None)
        if double is not None:
            return f"Two fields of the form are called '{double}'. Give one another name."
        empty = next((field for field in self.fields if field.kind in _CHOOSE and not field.options), None)
        return f"The field '{empty.label}' has nothing to choose from. Add options." if empty else ""


def slug(text: str) -> str:
    """A text as part of an address or an id."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "field"
