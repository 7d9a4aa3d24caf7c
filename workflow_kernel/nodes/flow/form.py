"""Form: starts a workflow when somebody fills in a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from workflow_kernel.nodes.flow._form_import import from_n8n
from workflow_kernel.nodes.flow._given import given
from workflow_kernel.sdk import Batch, Context, Credential, Field, Items, NodeType, node
from workflow_kernel.sdk.forms import FormField, FormPage
from workflow_kernel.sdk.triggers import Form as FormListener
from workflow_kernel.sdk.triggers import Listener
from workflow_kernel.sdk.webhooks import Auth, Guard, path_problem

_BY_HAND = {"file": None, "checkbox": False, "number": 0}


@node(
    "flow.form",
    title="Form",
    trigger=True,
    credentials=(Credential("auth", ("http.basic",)),),
    imports={"n8n-nodes-base.formTrigger": from_n8n},
    icon="form",
    keywords=("survey", "questionnaire", "page", "input", "submit", "fields", "upload", "intake"),
)
class Form(NodeType):
    """Starts the workflow when its form is sent, with the answers as one item; files are attachments."""

    path: str = Field(
        description="Path of its address.", expression=False, placeholder="feedback", max_length=500
    )  # fmt: skip
    page: FormPage = Field(FormPage(), description="What it shows and asks for.", expression=False)
    respond: Literal["at_once", "last_node"] = Field(
        "at_once", expression=False,
        description="When senders see the last page: at once, or when the workflow has ended; an item of its last node "
        "may name `title`, `text` or `redirect` then.",
    )  # fmt: skip
    auth: Literal["none", "basic"] = Field(
        "none", description="Whether senders need a user name and a password.", expression=False, section="Access"
    )
    guard: Guard = Field(Guard(), description="What else a call must fulfil.", expression=False, section="Access")

    @classmethod
    def check(cls, parameters: Mapping[str, Any]) -> list[str]:
        """What is wrong with its path and fields."""
        path, page = parameters.get("path"), parameters.get("page")
        found = [path_problem(path)] if isinstance(path, str) else []
        if isinstance(page, Mapping):
            found.append(FormPage.model_validate(page).problem())
        return [problem for problem in found if problem]

    def listeners(self) -> Sequence[Listener]:
        """Its page."""
        return [FormListener(self.path.strip("/"), self.page, self.respond, Auth(kind=self.auth), self.guard)]

    def run(self, ctx: Context) -> Batch:
        """Send the answers; empty ones where it is run by hand."""
        found = given(ctx)
        if found is not None:
            return found
        empty: dict[str, Any] = {field.key: _empty(field) for field in self.page.fields if field.kind != "file"}
        return Items.of({**empty, "submittedAt": ctx.now().isoformat(), "formMode": "test"})


def _empty(field: FormField) -> Any:
    if field.kind == "choices" or field.multiple:
        return []
    return _BY_HAND.get(field.kind, field.value)
