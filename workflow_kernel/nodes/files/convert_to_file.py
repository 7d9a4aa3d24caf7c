"""Convert to file: makes attachments from items."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any, Literal

from workflow_kernel.nodes import _attachments as attachments
from workflow_kernel.nodes._each import each
from workflow_kernel.nodes._paths import MISSING, delete_path, get_path
from workflow_kernel.nodes.files import _convert_import, _write_tables
from workflow_kernel.nodes.files._calendars import write_calendar
from workflow_kernel.sdk import Binary, Context, Field, Item, Items, Lineage, Model, NodeError, NodeType, node
from workflow_kernel.sdk.convert_javascript import text_of

Format = Literal["csv", "xlsx", "xls", "ods", "html", "rtf", "parquet", "json", "text", "base64", "ics"]
_TABLES = ["csv", "xlsx", "xls", "ods", "html", "rtf", "parquet"]
_CONTENTS = ["json", "text", "base64"]


class Person(Model):
    """Somebody in an event."""

    name: str = Field("", description="The name.")
    email: str = Field("", description="The e-mail address.")
    rsvp: bool = Field(False, description="Whether an answer is asked for.")


class Event(Model):
    """An event of a calendar file."""

    title: str = Field("", description="What it is.")
    start: Any = Field("", description="When it begins.", widget="date")
    end: Any = Field("", description="When it ends; of events that last whole days the last day.", widget="date")
    all_day: bool = Field(False, description="It lasts whole days.")
    location: str = Field("", description="Where it is.")
    description: str = Field("", description="More about it.")
    url: str = Field("", description="Its page.")
    status: Literal["", "CONFIRMED", "TENTATIVE", "CANCELLED"] = Field("", description="Whether it takes place.")
    busy: str = Field("", description="How the time is shown: BUSY, FREE, TENTATIVE or OOF.")
    organizer: Person | None = Field(None, description="Who organises it.")
    attendees: list[Person] = Field(default_factory=list, description="Who takes part.")
    recurrence: str = Field("", description="A recurrence rule such as FREQ=DAILY;COUNT=5.")
    latitude: float | None = Field(None, description="Latitude of the place.")
    longitude: float | None = Field(None, description="Longitude of the place.")
    calendar_name: str = Field("", description="Name of the calendar.")
    sequence: int | None = Field(None, description="Number of the revision.")
    uid: str = Field("", description="Identifier; empty makes one.")


@node(
    "files.convert_to_file",
    title="Convert to file",
    imports={
        "n8n-nodes-base.convertToFile": _convert_import.from_convert_to_file,
        "n8n-nodes-base.iCal": _convert_import.from_ical,
    },
    where="thread",
    per_item=("field", "file", "file_name", "mime_type", "event", "encoding", "add_bom", "indent", "keep"),
    icon="file-input",
    keywords=("csv", "excel", "xlsx", "json", "export", "write", "spreadsheet", "parquet", "calendar", "ics"),
)
class ConvertToFile(NodeType):
    """Writes items to a file that goes on as an attachment: all to one table, or a file for each."""

    format: Format = Field("csv", description="Kind of file.")
    field: str = Field(
        "", description="Field that holds the content; empty takes the whole item.", show={"format": _CONTENTS}
    )
    each_item: bool = Field(False, description="A file for each item rather than one for all.", show={"format": "json"})
    event: Event = Field(default_factory=Event, description="The event.", show={"format": "ics"})
    file: str = Field("data", description="Name of the attachment.")
    file_name: str = Field("", section="Options", description="Name of the file; empty makes one.")
    mime_type: str = Field(
        "", section="Options", description="Media type; empty is told by the name and the content.",
        show={"format": _CONTENTS},
    )  # fmt: skip
    header_row: bool = Field(
        True, section="Options", description="Write the columns' names first.", show={"format": _TABLES}
    )
    delimiter: str = Field(",", section="Options", description="Character between values.", show={"format": "csv"})
    sheet: str = Field(
        "Sheet", section="Options", description="Name of the sheet.", show={"format": ["xlsx", "xls", "ods"]}
    )
    bom: bool = Field(
        True, section="Options", description="Begin CSV with a byte order mark, which Excel needs.",
        show={"format": "csv"},
    )  # fmt: skip
    indent: bool = Field(
        False, section="Options", description="Write JSON over several lines.", show={"format": "json"}
    )
    encoding: str = Field(
        "utf-8", section="Options", description="Encoding of the text.", show={"format": ["json", "text"]}
    )
    add_bom: bool = Field(
        False, section="Options", description="Begin with a byte order mark.", show={"format": ["json", "text"]}
    )
    keep: Literal["nothing", "rest", "all"] = Field(
        "nothing", section="Options", description="What of the item stays: nothing, all but the source, or all.",
        show={"format": _CONTENTS},
    )  # fmt: skip
    skip_missing: bool = Field(
        False, section="Options", description="Leave out items that lack the field.", show={"format": _CONTENTS}
    )

    def run(self, items: Items, ctx: Context) -> Items:
        """Make one attachment for all items, or one for each."""
        if self.format in _TABLES or (self.format == "json" and not self.each_item and not self.field):
            sources = [(0, at) for at in range(len(items))]
            return Items([Item({}, {self.file: self._of_all(items, ctx)})], Lineage.many([sources]))
        return each(items, lambda index, item: ctx.at(self, index)._of_one(item, ctx), ctx)

    def _of_all(self, items: Items, ctx: Context) -> Binary:
        if self.format == "json":
            data = self._json(items.json())
            return attachments.attach(ctx, data, name=self.file_name or "file.json", mime_type=self.mime_type or None)
        options = _write_tables.Options(self.header_row, self.delimiter, self.bom, self.sheet or "Sheet")
        data = _write_tables.write(self.format, _write_tables.grid(items.json()), options)
        return attachments.attach(ctx, data, name=self.file_name or f"spreadsheet.{self.format}")

    def _of_one(self, item: Item, ctx: Context) -> list[Item]:
        if self.format == "ics":
            data = write_calendar(self.event, ctx.now(), ctx.timezone)
            binary = attachments.attach(ctx, data, name=self.file_name or "event.ics", mime_type="text/calendar")
            return [Item({}, {self.file: binary})]
        value = get_path(item.json, self.field) if self.field else item.json
        if value is MISSING:
            if self.skip_missing:
                return []
            raise NodeError(f"The item has no field '{self.field}'.", mend="Name the field that holds the content.")
        data = self._content(value)
        name, mime_type = self._names(data)
        binary = attachments.attach(ctx, data, name=name, mime_type=mime_type)
        kept = item.binary or {} if self.keep != "nothing" else {}
        return [Item(self._rest(item), {**kept, self.file: binary})]

    def _content(self, value: Any) -> bytes:
        if self.format == "json":
            return self._json(value)
        if self.format == "text":
            text = (
                value if isinstance(value, str) else _dump(value) if isinstance(value, dict | list) else text_of(value)
            )
            return attachments.encode(text, self.encoding, add_bom=self.add_bom)
        if not isinstance(value, str):
            raise NodeError(f"The field '{self.field}' holds no base64 text.", mend="Convert it as text or JSON.")
        text = value.partition(",")[2] if value.startswith("data:") else value
        text = "".join(text.split()).replace("-", "+").replace("_", "/")
        try:
            return base64.b64decode(text + "=" * (-len(text) % 4))
        except binascii.Error as error:
            raise NodeError(
                f"The field '{self.field}' holds no base64 text: {error}", mend="Convert it as text or JSON."
            ) from error

    def _json(self, value: Any) -> bytes:
        return attachments.encode(_dump(value, self.indent), self.encoding, add_bom=self.add_bom)

    def _names(self, data: bytes) -> tuple[str, str | None]:
        mime_type = self.mime_type or None
        if self.file_name:
            return self.file_name, mime_type
        if mime_type is None and self.format != "base64":
            return ("file.json", None) if self.format == "json" else ("file.txt", None)
        extension = attachments.extension_of(mime_type or attachments.type_by_content(data[:4100]) or "text/plain")
        return (f"file.{extension}" if extension else "file"), mime_type

    def _rest(self, item: Item) -> dict[str, Any]:
        if self.keep == "all":
            return item.json
        if self.keep == "nothing" or not self.field:
            return {}
        rest = dict(item.json)
        delete_path(rest, self.field)
        return rest


def _dump(value: Any, indent: bool = False) -> str:
    """JSON as JavaScript writes it."""
    separators = (",", ": ") if indent else (",", ":")
    return json.dumps(_whole(value), ensure_ascii=False, indent=2 if indent else None, separators=separators)


def _whole(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e21:
        return int(value)
    if isinstance(value, dict):
        return {key: _whole(inner) for key, inner in value.items()}
    return [_whole(inner) for inner in value] if isinstance(value, list) else value
