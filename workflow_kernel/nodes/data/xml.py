"""XML: to JSON and from JSON."""

from __future__ import annotations

from typing import Any, Literal

from workflow_kernel.nodes._paths import MISSING, get_path
from workflow_kernel.nodes.data import _xml
from workflow_kernel.sdk import Context, Field, Imported, ImportedNode, Item, NodeError, NodeType, node
from workflow_kernel.sdk.convert_javascript import text_of

_OPTIONS = {
    "attrkey": "attributes_key", "charkey": "text_key", "explicitArray": "arrays", "explicitRoot": "keep_root",
    "ignoreAttrs": "ignore_attributes", "mergeAttrs": "merge_attributes", "normalize": "normalize",
    "normalizeTags": "lowercase_names", "trim": "trim", "cdata": "cdata", "headless": "headless",
    "rootName": "root_name",
}  # fmt: skip


def _from_n8n(source: ImportedNode) -> Imported:
    options: dict[str, Any] = source.get("options", default={})
    mode = "to_xml" if source.get("mode", default="xmlToJson") == "jsonToxml" else "to_json"
    parameters: dict[str, Any] = {"mode": mode, "field": source.get("dataPropertyName", default="data")}
    parameters |= {ours: options[theirs] for theirs, ours in _OPTIONS.items() if options.get(theirs) is not None}
    return Imported(parameters)


@node(
    "data.xml",
    title="XML",
    imports={"n8n-nodes-base.xml": _from_n8n},
    icon="file-code-2",
    keywords=("xml", "json", "convert", "parse", "soap"),
)
class Xml(NodeType):
    """Turns XML into fields, or fields into XML."""

    mode: Literal["to_json", "to_xml"] = Field("to_json", description="What to make.")
    field: str = Field("data", description="Field that holds the XML, or gets it.")
    attributes_key: str = Field("$", section="Options", description="Key under which attributes stand.")
    text_key: str = Field("_", section="Options", description="Key under which text stands beside attributes.")
    arrays: bool = Field(
        False, section="Options", description="Make a list of every child, be there one or many.",
        show={"mode": "to_json"},
    )  # fmt: skip
    keep_root: bool = Field(
        True, section="Options", description="Keep the name of the root element.", show={"mode": "to_json"}
    )
    merge_attributes: bool = Field(
        True, section="Options", description="Put attributes beside the children.", show={"mode": "to_json"}
    )
    ignore_attributes: bool = Field(
        False, section="Options", description="Leave attributes out.", show={"mode": "to_json"}
    )
    normalize: bool = Field(False, section="Options", description="Fold white space.", show={"mode": "to_json"})
    trim: bool = Field(False, section="Options", description="Cut white space off the ends.", show={"mode": "to_json"})
    lowercase_names: bool = Field(
        False, section="Options", description="Write names in small letters.", show={"mode": "to_json"}
    )
    root_name: str = Field("root", section="Options", description="Name of the root element.", show={"mode": "to_xml"})
    cdata: bool = Field(
        False, section="Options", description="Wrap text with special signs in CDATA.", show={"mode": "to_xml"}
    )
    headless: bool = Field(False, section="Options", description="Leave the declaration out.", show={"mode": "to_xml"})

    def run(self, item: Item, ctx: Context) -> dict[str, Any]:
        """Convert the item."""
        if self.mode == "to_xml":
            how = _xml.Writing(self.attributes_key, self.text_key, self.root_name, self.cdata, self.headless)
            return {self.field: _xml.build(item.json, how)}
        text = get_path(item.json, self.field)
        if text is MISSING or text is None:
            raise NodeError(f"The item has no field '{self.field}'.", mend="Name the field that holds the XML.")
        reading = _xml.Reading(
            self.attributes_key, self.text_key, self.arrays, self.keep_root, self.merge_attributes,
            self.ignore_attributes, self.normalize, self.trim, self.lowercase_names,
        )  # fmt: skip
        found = _xml.parse(text_of(text), reading)
        return found if isinstance(found, dict) else {self.field: found}
