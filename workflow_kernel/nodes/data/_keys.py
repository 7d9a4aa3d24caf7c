"""Private and public keys in PEM form, as people paste them: with line breaks lost, or as spaces.

The crypto and JWT nodes call this.
"""

from __future__ import annotations

import re

from workflow_kernel.sdk import NodeError

_BLOCK = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \1-----", re.DOTALL)
_HEADERS = re.compile(r"((?:Proc-Type|DEK-Info): [^\n\\]+?)(?=\s*(?:\n|\\n|DEK-Info))")


def pem(text: str) -> str:
    """The key with its line breaks where they belong.

    Raises ``NodeError`` when the text holds no PEM block.
    """
    match = _BLOCK.search(text.replace("\\n", "\n").replace("\r", ""))
    if match is None:
        raise NodeError(
            "The key is not in PEM form.",
            mend="Paste the whole text, from '-----BEGIN ...' to '-----END ...'.",
        )
    name, body = match[1], match[2]
    if "\n" in body.strip() and not re.search(r"[^\n] [^\n]", body):
        return f"-----BEGIN {name}-----\n{body.strip()}\n-----END {name}-----\n"
    if _HEADERS.search(body):
        return f"{match[0]}\n"
    packed = re.sub(r"[\s|]+", "", body)
    lines = "\n".join(packed[start : start + 64] for start in range(0, len(packed), 64))
    return f"-----BEGIN {name}-----\n{lines}\n-----END {name}-----\n"
