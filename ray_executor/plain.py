"""Pickles what travels, fast where it is plain: Ray's own pickler looks at every object in Python.

Used on both sides. What only cloudpickle can take, and what Ray itself must see, is left to them.
"""

from __future__ import annotations

import io
import pickle
from typing import Any

import cloudpickle  # type: ignore[import-untyped]
import ray


class _LeaveToRay(Exception):  # noqa: N818 - never seen by anybody
    """There is a reference in it, which Ray counts."""


def _refuse(reference: Any) -> Any:
    raise _LeaveToRay


class _Pickler(pickle.Pickler):
    dispatch_table = {ray.ObjectRef: _refuse}


def pack_plain(value: Any) -> Any:
    """A value as bytes; as it is where Ray or cloudpickle must pickle it."""
    file = io.BytesIO()
    try:
        _Pickler(file, 5).dump(value)
    except Exception:  # whatever an object raises that this pickler does not know
        return value
    return file.getvalue()


def unpack_plain(value: Any) -> Any:
    """The value of :func:`pack_plain`."""
    return pickle.loads(value) if isinstance(value, bytes) else value  # noqa: S301 - ours


def pack_all(value: Any) -> bytes:
    """A value as bytes, whatever it takes."""
    packed = pack_plain(value)
    return packed if isinstance(packed, bytes) else cloudpickle.dumps(value)  # type: ignore[no-any-return]
