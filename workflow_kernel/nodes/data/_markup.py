"""Markdown, HTML and plain text into each other, by the JavaScript in ``_vendored`` run in V8.

The Markdown and HTML nodes call this. A text that takes too long or too much memory is an error, not a hang.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from typing import Any

from workflow_kernel.sdk import NodeError

_SECONDS = 20
_BYTES = 512 << 20


def markdown_to_html(text: str, options: Mapping[str, Any]) -> str:
    """HTML from Markdown; ``options`` are Showdown's."""
    return _engine().call("markdownToHtml", text, options)


def html_to_markdown(html: str, options: Mapping[str, Any]) -> str:
    """Markdown from HTML; ``options`` are node-html-markdown's, patterns as ``[pattern, replacement]``."""
    return _engine().call("htmlToMarkdown", html, options)


def html_to_text(html: str, options: Mapping[str, Any]) -> str:
    """Readable text from HTML; ``options`` are html-to-text's."""
    return _engine().call("htmlToText", html, options)


class _Engine:
    """A V8 with the converters loaded, in a thread of its own, as it must not see the event loop of its caller."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "markup")
        self._context: Any = None

    def call(self, function: str, text: str, options: Mapping[str, Any]) -> str:
        """Run one converter; the calling thread waits."""
        return self._thread.submit(self._call, function, text, options).result()

    def _call(self, function: str, text: str, options: Mapping[str, Any]) -> str:
        from py_mini_racer import JSEvalException, JSOOMException, JSTimeoutException

        code = f"markup.{function}({json.dumps(text)}, {json.dumps(options)}).toWellFormed()"
        try:
            return str(self._started().eval(code, timeout_sec=_SECONDS, max_memory=_BYTES))
        except (JSTimeoutException, JSOOMException) as error:
            if isinstance(error, JSOOMException):
                self._context = None
            raise NodeError(
                "The text took too long or too much memory to convert.", mend="Convert it in smaller parts."
            ) from error
        except JSEvalException as error:
            reason = str(error).strip().splitlines()[0].rpartition(": ")[2]
            raise NodeError(f"The text cannot be converted: {reason}", mend="Check the options.") from error

    def _started(self) -> Any:
        if self._context is None:
            from py_mini_racer import MiniRacer

            self._context = MiniRacer()
            script = Path(__file__).parent / "_vendored" / "markup.js"
            self._context.eval(script.read_text(encoding="utf-8") + "\n;0")
        return self._context


@lru_cache(maxsize=1)
def _engine() -> _Engine:
    return _Engine()
