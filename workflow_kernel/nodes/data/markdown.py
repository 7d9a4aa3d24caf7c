"""Markdown: to HTML and from HTML."""

from __future__ import annotations

from typing import Any, Literal

from workflow_kernel.nodes._paths import set_path
from workflow_kernel.nodes.data import _markup
from workflow_kernel.sdk import Context, Field, Imported, ImportedNode, Item, Model, NodeType, node
from workflow_kernel.sdk.convert_javascript import text_of


class Replacement(Model):
    """A pattern and the text that takes its place."""

    pattern: str = Field("", description="A regular expression.")
    replacement: str = Field("", description="The text; $& stands for what was found.")


class ToMarkdown(Model):
    """How Markdown is written."""

    bullet_marker: str | None = Field(None, description="Sign before the entries of a list.")
    code_fence: str | None = Field(None, description="Sign around blocks of code.")
    code_block_style: Literal["fenced", "indented"] | None = Field(None, description="How blocks of code are set off.")
    em_delimiter: str | None = Field(None, description="Sign around emphasised text.")
    strong_delimiter: str | None = Field(None, description="Sign around bold text.")
    strike_delimiter: str | None = Field(None, description="Sign around text struck out.")
    max_consecutive_newlines: int | None = Field(None, description="Empty lines that may follow each other.")
    keep_data_images: bool | None = Field(None, description="Keep images whose content is in the page.")
    use_inline_links: bool | None = Field(None, description="Write links whose text is their address as such.")
    use_link_reference_definitions: bool | None = Field(None, description="Gather addresses at the end.")
    ignore: list[str] | None = Field(None, description="Elements to leave out.")
    block_elements: list[str] | None = Field(None, description="Elements to treat as blocks.")
    global_escape: Replacement | None = Field(None, description="What to escape everywhere.")
    line_start_escape: Replacement | None = Field(None, description="What to escape at the start of lines.")
    text_replace: list[Replacement] | None = Field(None, description="Replacements to make in text.")

    def given(self) -> dict[str, Any]:
        """The options as the converter takes them."""
        found: dict[str, Any] = {}
        for name, value in self:
            if value is None:
                continue
            if isinstance(value, Replacement):
                value = [value.pattern, value.replacement]
            elif name == "text_replace":
                value = [[one.pattern, one.replacement] for one in value]
            elif name in ("ignore", "block_elements"):
                value = [element.strip().upper() for element in value if element.strip()]
            found[_camel(name)] = value
        return found


class ToHtml(Model):
    """How Markdown is read and HTML is written."""

    open_links_in_new_window: bool | None = Field(None, description="Links open in a new window.")
    simplified_auto_link: bool | None = Field(None, description="Turn bare addresses into links.")
    backslash_escapes_html_tags: bool | None = Field(None, description="A backslash keeps an HTML tag as text.")
    complete_html_document: bool | None = Field(None, description="Give a whole page.")
    customized_header_id: bool | None = Field(None, description="Take a header's id from braces behind it.")
    emoji: bool | None = Field(None, description="Turn :smile: into a sign.")
    encode_emails: bool | None = Field(None, description="Write e-mail addresses so that robots miss them.")
    exclude_trailing_punctuation_from_urls: bool | None = Field(
        None, description="Leave signs behind an address out of the link."
    )
    gh_code_blocks: bool | None = Field(None, description="Read fenced blocks of code.")
    gh_compatible_header_id: bool | None = Field(None, description="Make header ids as GitHub does.")
    gh_mentions: bool | None = Field(None, description="Link @names.")
    gh_mentions_link: str | None = Field(None, description="Address of such links; {u} is the name.")
    header_level_start: int | None = Field(None, ge=1, le=6, description="Level of the highest headers.")
    literal_mid_word_underscores: bool | None = Field(None, description="Leave underscores inside words alone.")
    literal_mid_word_asterisks: bool | None = Field(None, description="Leave asterisks inside words alone.")
    no_header_id: bool | None = Field(None, description="Give headers no id.")
    omit_extra_wl_in_code_blocks: bool | None = Field(None, description="No line break at the end of blocks of code.")
    parse_img_dimensions: bool | None = Field(None, description="Read the sizes of images.")
    prefix_header_id: bool | str | None = Field(None, description="Text before header ids.")
    raw_header_id: bool | None = Field(None, description="Take ids from headers as they are.")
    raw_prefix_header_id: bool | None = Field(None, description="Take the prefix as it is.")
    require_space_before_heading_text: bool | None = Field(None, description="A header needs a space after its signs.")
    simple_line_breaks: bool | None = Field(None, description="A line break is one in HTML.")
    smart_indentation_fix: bool | None = Field(None, description="Mend indentation from code.")
    split_adjacent_blockquotes: bool | None = Field(None, description="Part quotes that follow each other.")
    strikethrough: bool | None = Field(None, description="Read ~~text~~ as struck out.")
    tables: bool | None = Field(None, description="Read tables.")
    tables_header_id: bool | None = Field(None, description="Give header cells an id.")
    tasklists: bool | None = Field(None, description="Read lists of tasks.")
    smooth_live_preview: bool | None = Field(None, description="Avoid odd effects while text is being typed.")
    underline: bool | None = Field(None, description="Read __text__ as underlined.")
    ellipsis: bool | None = Field(None, description="Turn three dots into one sign.")
    disable_forced_4_spaces_indented_sublists: bool | None = Field(
        None, description="Lists inside lists need two spaces only."
    )

    def given(self) -> dict[str, Any]:
        """The options as the converter takes them."""
        return {_camel(name): value for name, value in self if value is not None}


_SPECIAL = {
    "backslash_escapes_html_tags": "backslashEscapesHTMLTags", "complete_html_document": "completeHTMLDocument",
    "exclude_trailing_punctuation_from_urls": "excludeTrailingPunctuationFromURLs",
    "omit_extra_wl_in_code_blocks": "omitExtraWLInCodeBlocks",
    "disable_forced_4_spaces_indented_sublists": "disableForced4SpacesIndentedSublists",
}  # fmt: skip


_BLOCKS = {
    "ADDRESS", "ARTICLE", "ASIDE", "AUDIO", "BLOCKQUOTE", "BODY", "CANVAS", "CENTER", "DD", "DIR", "DIV", "DL",
    "DT", "FIELDSET", "FIGCAPTION", "FIGURE", "FOOTER", "FORM", "FRAMESET", "H1", "H2", "H3", "H4", "H5", "H6",
    "HEADER", "HGROUP", "HR", "HTML", "ISINDEX", "LI", "MAIN", "MENU", "NAV", "NOFRAMES", "NOSCRIPT", "OL",
    "OUTPUT", "P", "PRE", "SECTION", "TABLE", "TBODY", "TD", "TFOOT", "TH", "THEAD", "TR", "UL",
}  # fmt: skip


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return _SPECIAL.get(name) or first + "".join(word.capitalize() for word in rest)


_TO_HTML = {_camel(name): name for name in ToHtml.model_fields}
_TO_MARKDOWN = {_camel(name): name for name in ToMarkdown.model_fields}


def _from_n8n(source: ImportedNode) -> Imported:
    options: dict[str, Any] = source.get("options", default={})
    parameters: dict[str, Any] = {"output_field": source.get("destinationKey", default="data")}
    if source.get("mode", default="htmlToMarkdown") == "markdownToHtml":
        given = {_TO_HTML[name]: value for name, value in options.items() if name in _TO_HTML}
        unknown = [name for name in options if name not in _TO_HTML]
        parameters |= {"mode": "to_html", "text": source.get("markdown", default=""), "html": given}
    else:
        given, unknown = _markdown_options(options)
        parameters |= {"mode": "to_markdown", "text": source.get("html", default=""), "markdown": given}
    warnings = tuple(f"The option '{name}' is not known here." for name in unknown)
    return Imported(parameters, warnings=warnings)


def _markdown_options(options: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    given: dict[str, Any] = {}
    unknown: list[str] = []
    for name, value in options.items():
        ours = _TO_MARKDOWN.get(name)
        if ours is None:
            unknown.append(name)
        elif ours in ("global_escape", "line_start_escape"):
            if value.get("value"):
                given[ours] = value["value"]
        elif ours == "text_replace":
            given[ours] = value.get("values", [])
        elif ours == "ignore":
            # n8n's converter leaves inline elements out, but never blocks.
            names = [one.strip() for one in str(value).split(",") if one.strip()]
            given[ours] = [one for one in names if one.upper() not in _BLOCKS]
        elif ours == "block_elements":
            given[ours] = [one for one in str(value).split(",") if one.strip()]
        else:
            given[ours] = value
    return given, unknown


@node(
    "data.markdown",
    imports={"n8n-nodes-base.markdown": _from_n8n},
    where="thread",
    icon="file-text",
    keywords=("markdown", "html", "convert", "text"),
)
class Markdown(NodeType):
    """Turns Markdown into HTML, or HTML into Markdown."""

    mode: Literal["to_html", "to_markdown"] = Field("to_html", description="What to make.")
    text: Any = Field("", description="The text to convert.", widget="multiline")
    output_field: str = Field("data", description="Field that gets the result.")
    html: ToHtml = Field(
        default_factory=ToHtml, description="How HTML is made.", section="Options", show={"mode": "to_html"}
    )
    markdown: ToMarkdown = Field(
        default_factory=ToMarkdown, description="How Markdown is made.", section="Options",
        show={"mode": "to_markdown"},
    )  # fmt: skip

    def run(self, item: Item, ctx: Context) -> Item:
        """Put the converted text into the item."""
        text = "" if self.text is None else text_of(self.text)
        if self.mode == "to_html":
            result = _markup.markdown_to_html(text, self.html.given())
        else:
            result = _markup.html_to_markdown(text, self.markdown.given())
        return item.with_json(set_path(dict(item.json), self.output_field, result))
