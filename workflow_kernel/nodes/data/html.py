"""HTML: takes content out of pages, makes pages from templates and tables from items."""

from __future__ import annotations

from typing import Any, Literal

from workflow_kernel.nodes import _attachments as attachments
from workflow_kernel.nodes._each import each
from workflow_kernel.nodes._paths import MISSING, get_path, set_path
from workflow_kernel.nodes.data import _html, _html_import
from workflow_kernel.sdk import Context, Field, Item, Items, Lineage, Model, NodeError, NodeType, node
from workflow_kernel.sdk.convert_javascript import text_of

_EXTRACT = {"operation": "extract"}
_TABLE = {"operation": "table"}


class Extraction(Model):
    """One value to take out of a page."""

    field: str = Field(description="Field that gets the value.")
    selector: str = Field(description="CSS selector of the elements.", placeholder="div.price > b")
    take: Literal["text", "html", "attribute", "value"] = Field("text", description="What of them is taken.")
    attribute: str = Field("", description="Name of the attribute.", show={"take": "attribute"})
    skip: str = Field(
        "", description="Selectors of elements left out of the text, with commas between them.", show={"take": "text"}
    )
    all: bool = Field(False, description="A list with the value of every element rather than one value.")


@node(
    "data.html",
    title="HTML",
    imports={
        "n8n-nodes-base.html": _html_import.from_html,
        "n8n-nodes-base.htmlExtract": _html_import.from_html_extract,
    },
    where="thread",
    per_item=("html", "field", "file", "source", "values", "trim", "clean_up", "row_attributes", "cell_attributes"),
    icon="code-xml",
    keywords=("html", "scrape", "css", "selector", "extract", "template", "table"),
)
class Html(NodeType):
    """Takes content out of HTML by CSS selectors, fills an HTML template, or makes an HTML table of the items."""

    operation: Literal["extract", "template", "table"] = Field("extract", description="What to do.")
    html: str = Field(
        "", description="The page; expressions in it are filled in.", show={"operation": "template"}, widget="code",
        language="html",
    )  # fmt: skip
    source: Literal["field", "file"] = Field("field", description="Where the HTML is.", show=_EXTRACT)
    field: str = Field(
        "data", description="Field that holds the HTML, or a list of it; for templates and tables the field made.",
        show={"source": "field"},
    )  # fmt: skip
    file: str = Field("data", description="Attachment that holds the HTML.", show={"source": "file"})
    values: list[Extraction] = Field(default_factory=list, description="What to take.", show=_EXTRACT, widget="list")
    trim: bool = Field(True, section="Options", description="Cut white space off the ends.", show=_EXTRACT)
    clean_up: bool = Field(
        False, section="Options", description="Take line breaks out and fold white space.", show=_EXTRACT
    )
    text_style: Literal["plain", "readable"] = Field(
        "plain", section="Options", show=_EXTRACT,
        description="Give text as it stands, or laid out for reading: paragraphs, bullets, addresses of links.",
    )  # fmt: skip
    caption: str = Field("", section="Options", description="Caption of the table.", show=_TABLE)
    capitalize: bool = Field(False, section="Options", description="Write headers with capitals.", show=_TABLE)
    plain_style: bool = Field(False, section="Options", description="Leave the look to the page's style.", show=_TABLE)
    escape: bool = Field(
        True, section="Options", description="Show signs such as < in values as they are.", show=_TABLE
    )
    name_missing: bool = Field(
        False, section="Options", description="Write 'null' and 'undefined' where a value is missing.", show=_TABLE
    )
    table_attributes: str = Field("", section="Options", description="Attributes of the table.", show=_TABLE)
    header_attributes: str = Field("", section="Options", description="Attributes of the header.", show=_TABLE)
    row_attributes: str = Field("", section="Options", description="Attributes of the rows.", show=_TABLE)
    cell_attributes: str = Field("", section="Options", description="Attributes of the cells.", show=_TABLE)

    def run(self, items: Items, ctx: Context) -> Items:
        """Give an item for each page, or one with the table."""
        if self.operation == "table":
            return self._table(items, ctx)
        return each(items, lambda index, item: ctx.at(self, index)._of_one(item, ctx), ctx)

    def _of_one(self, item: Item, ctx: Context) -> list[Item]:
        return [Item({self.field: self.html})] if self.operation == "template" else self._extract(item, ctx)

    def _extract(self, item: Item, ctx: Context) -> list[Item]:
        if self.source == "file":
            data = ctx.read(attachments.attachment(item, self.file))
            return [Item(self._values(attachments.decode(data, "auto")))]
        pages = get_path(item.json, self.field)
        if pages is MISSING or pages is None:
            raise NodeError(f"The item has no field '{self.field}'.", mend="Name the field that holds the HTML.")
        return [Item(self._values(text_of(page))) for page in (pages if isinstance(pages, list) else [pages])]

    def _values(self, html: str) -> dict[str, Any]:
        page = _html.Page(html)
        found: dict[str, Any] = {}
        for wanted in self.values:
            readable = self.text_style == "readable"
            value = page.take(
                wanted.selector, wanted.take, attribute=wanted.attribute, skip=wanted.skip, every=wanted.all,
                readable=readable,
            )  # fmt: skip
            if value is not None:
                tidied = [self._tidied(one) for one in value] if isinstance(value, list) else self._tidied(value)
                set_path(found, wanted.field, tidied, literal=True)
        return found

    def _tidied(self, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        value = value.strip() if self.trim else value
        return _html.cleaned(value) if self.clean_up else value

    def _table(self, items: Items, ctx: Context) -> Items:
        look = _html.Look(
            self.caption, self.capitalize, self.plain_style, self.escape, self.table_attributes, self.header_attributes,
            self.name_missing,
        )  # fmt: skip
        rows = [(item.json, str(row or ""), str(cell or "")) for item, row, cell in zip(
            items, self._column(ctx, "row_attributes"), self._column(ctx, "cell_attributes"), strict=True,
        )]  # fmt: skip
        sources = Lineage.many([[(0, at) for at in range(len(items))]])
        return Items([Item({self.field: _html.table(rows, look)})], sources)

    def _column(self, ctx: Context, name: str) -> Any:
        return ["" if value is MISSING else value for value in ctx.column(name)]
