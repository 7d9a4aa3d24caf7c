"""Stop and error: ends an execution on purpose."""

from __future__ import annotations

import json
from typing import Any, Literal

from workflow_kernel.sdk import Context, Field, Imported, ImportedNode, Items, NodeError, NodeType, node
from workflow_kernel.sdk.convert_javascript import json_text


def _from_n8n(source: ImportedNode) -> Imported:
    kind = source.get("errorType", default="errorMessage")
    if kind == "errorObject":
        return Imported({"kind": "object", "object": source.get("errorObject", default="")})
    return Imported({"message": source.get("errorMessage", default="")})


@node(
    "flow.stop_and_error",
    title="Stop and error",
    outputs=(),
    imports={"n8n-nodes-base.stopAndError": _from_n8n},
    icon="octagon-x",
    keywords=("throw", "raise", "fail", "abort", "exception"),
)
class StopAndError(NodeType):
    """Fails the execution on purpose, with a message or an error object of yours."""

    kind: Literal["message", "object"] = Field("message", description="What the error is made of.")
    message: str = Field(
        "", description="What the error says.", show={"kind": "message"}, placeholder="An order without a customer."
    )
    object: dict[str, Any] | str = Field(
        "",
        description="A JSON object with a `message` and whatever else the error workflow should get.",
        show={"kind": "object"},
        widget="json",
    )

    def run(self, items: Items, ctx: Context) -> Items:
        """Raise the error."""
        if self.kind == "message":
            raise NodeError(self.message or "The workflow was stopped.")
        details = self._details()
        texts = (details.get(key) for key in ("message", "description", "error"))
        message = next((text for text in texts if isinstance(text, str) and text), f"Error: {json_text(details)}")
        description = details.get("description")
        raise NodeError(message, description=description if isinstance(description, str) else "", data=details)

    def _details(self) -> dict[str, Any]:
        if isinstance(self.object, dict):
            return self.object
        try:
            details = json.loads(self.object)
        except (ValueError, RecursionError) as error:
            raise NodeError(
                f"The error object is not JSON: {error}.", mend='Write an object such as {"message": "..."}.'
            ) from None
        return details if isinstance(details, dict) else {"message": str(details)}
