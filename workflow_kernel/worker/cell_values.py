"""Variables of notebook cells on their way between processes.

Variables that share objects travel in one pickle, so that they still share them where they arrive. Functions of the
notebook travel with their code alone: their global names are those of the cell that runs, as in a kernel.
"""

from __future__ import annotations

import functools
import hashlib
import io
import pickle
import sys
import types
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import cloudpickle  # type: ignore[import-untyped]

from workflow_kernel.worker.child_values import Pickled, show, view


class Opening:
    """Where variables are opened: the namespace of the cell that runs, and the groups that are open already."""

    def __init__(self, namespace: dict[str, Any]) -> None:
        self.namespace = namespace
        self.groups: dict[str, dict[str, Any]] = {}


_openings: list[Opening] = []
"""The opening that holds now, last; user code of one process runs one after another."""


class Variable:
    """A variable as it is pickled: opened, it is the value itself."""

    def __init__(self, name: str, digest: str, data: bytes, buffers: list[Any]) -> None:
        self._parts = (name, digest, pickle.PickleBuffer(data), [pickle.PickleBuffer(part) for part in buffers])

    def __reduce__(self) -> tuple[Any, ...]:
        return open_variable, self._parts


def open_variable(name: str, digest: str, data: Any, buffers: list[Any]) -> Any:
    """The value of a variable of a group. Called by pickle."""
    opening = _openings[-1] if _openings else Opening({})
    if digest not in opening.groups:
        opening.groups[digest] = pickle.loads(data, buffers=[_writable(part) for part in buffers])  # noqa: S301
    return opening.groups[digest][name]


def open_all(taken: Mapping[str, tuple[Any, list[Any]]], namespace: dict[str, Any]) -> dict[str, Any]:
    """Open variables for a cell: name > pickle and its buffers."""
    opening = Opening(namespace)
    return {name: open_in(opening, data, buffers) for name, (data, buffers) in taken.items()}


def open_in(opening: Opening, data: Any, buffers: list[Any]) -> Any:
    """Open one variable; it shares objects with those that were opened before it."""
    _openings.append(opening)
    try:
        return pickle.loads(data, buffers=buffers)  # noqa: S301 - in the process of who runs the code
    finally:
        _openings.pop()


def pack(values: Mapping[str, Any], namespace: dict[str, Any]) -> tuple[dict[str, Pickled], dict[str, str]]:
    """Variables as they travel; and for those that cannot, why."""
    ids: dict[str, dict[int, Any]] = {}
    refused: dict[str, str] = {}
    for name, value in values.items():
        try:
            ids[name] = _dump({name: value}, namespace)[2]
        except Exception as error:  # whatever an object's own code raises
            refused[name] = f"a {type(value).__module__}.{type(value).__qualname__} cannot be pickled: {error}"
    packed: dict[str, Pickled] = {}
    for group in _groups(ids):
        data, buffers, _ = _dump({name: values[name] for name in group}, namespace)
        digest = _digest(data, buffers)
        for name in group:
            packed[name] = _outer(name, values[name], digest, data, buffers)
    return packed, refused


def _outer(name: str, value: Any, digest: str, data: bytes, buffers: list[Any]) -> Pickled:
    parts: list[pickle.PickleBuffer] = []
    outer = pickle.dumps(Variable(name, digest, data, buffers), 5, buffer_callback=parts.append)
    kind = f"{type(value).__module__}.{type(value).__qualname__}".removeprefix("builtins.")
    return Pickled(outer, parts, kind, show(value), view(value))


def _dump(values: dict[str, Any], namespace: dict[str, Any]) -> tuple[bytes, list[Any], dict[int, Any]]:
    """The pickle, its buffers, and the objects in it by id, which stay alive as long as the ids are compared."""
    buffers: list[pickle.PickleBuffer] = []
    file = io.BytesIO()
    pickler = _Pickler(file, namespace, buffers.append)
    pickler.dump(values)
    parts = {key: part for key, (_, part) in pickler.memo.copy().items() if not _is_shareable(part)}
    parts.pop(id(values), None)
    return file.getvalue(), buffers, parts


_SHAREABLE = (str, bytes, int, float, complex, type, types.ModuleType, types.CodeType, types.BuiltinFunctionType)


def _is_shareable(part: Any) -> bool:
    """Whether it makes no difference that two values share an object."""
    return isinstance(part, _SHAREABLE) or "dtype" in type(part).__name__.lower()


class _StandIn(dict[str, Any]):
    """Where a function has its global names, as it travels."""


def _namespace() -> dict[str, Any]:
    """The namespace of the cell that runs. Called by pickle."""
    return _openings[-1].namespace if _openings else {}


def _owner(array: Any) -> Any:
    """The array whose memory an array shows."""
    while type(array.base).__name__ == "ndarray":
        array = array.base
    return array


def _shared_arrays(namespace: dict[str, Any]) -> set[int]:
    """Arrays whose memory several variables show: of these, views stay views."""
    if "numpy" not in sys.modules:
        return set()
    arrays = [value for value in namespace.values() if type(value).__name__ == "ndarray" and not value.dtype.hasobject]
    counts = Counter(id(_owner(array)) for array in {id(array): array for array in arrays}.values())
    return {owner for owner, count in counts.items() if count > 1}


_CACHED = type(functools.lru_cache(len))


def _cached(function: Any, parameters: dict[str, Any]) -> Any:
    """A function with ``functools.lru_cache``, empty. Called by pickle."""
    return functools.lru_cache(**parameters)(function)


def _array_view(owner: Any, start: int, shape: Any, strides: Any, dtype: Any) -> Any:
    """A view of an array. Called by pickle."""
    import numpy  # noqa: PLC0415 - only with arrays

    return numpy.ndarray(shape, dtype, buffer=owner.data.cast("B"), offset=start, strides=strides)


class _Pickler(cloudpickle.Pickler):  # type: ignore[misc]
    """Pickles functions of a namespace without what they find in it."""

    def __init__(self, file: Any, namespace: dict[str, Any], callback: Callable[[Any], Any]) -> None:
        super().__init__(file, protocol=5, buffer_callback=callback)
        self._own = namespace
        self._shared = _shared_arrays(namespace)
        self.globals_ref[id(namespace)] = _StandIn(__name__="__main__")

    def reducer_override(self, value: Any) -> Any:
        """The namespace itself stays where it is."""
        if type(value) is _StandIn:
            return (_namespace, ())
        if self._shared and type(value).__name__ == "ndarray" and id(_owner(value)) in self._shared:
            owner = _owner(value)
            if owner is not value:
                start = value.__array_interface__["data"][0] - owner.__array_interface__["data"][0]
                return (_array_view, (owner, start, value.shape, value.strides, value.dtype))
        if isinstance(value, _CACHED):
            return (_cached, (value.__wrapped__, value.cache_parameters()))
        return super().reducer_override(value)

    def _dynamic_function_reduce(self, function: Any) -> Any:
        reduced = super()._dynamic_function_reduce(function)
        if function.__globals__ is self._own:
            state, slots = reduced[2]
            reduced = (*reduced[:2], (state, {**slots, "__globals__": {}}), *reduced[3:])
        return reduced


def _groups(ids: Mapping[str, Mapping[int, Any]]) -> Iterable[list[str]]:
    """Names whose values share objects, together."""
    groups: list[tuple[list[str], set[int]]] = []
    for name, own in ids.items():
        names, together = [name], set(own)
        apart = []
        for group in groups:
            if group[1].isdisjoint(together):
                apart.append(group)
            else:
                names, together = [*group[0], *names], group[1] | together
        groups = [*apart, (names, together)]
    return [names for names, _ in groups]


def _digest(data: bytes, buffers: Iterable[Any]) -> str:
    digest = hashlib.sha256(data)
    for part in buffers:
        digest.update(memoryview(part).cast("B") if not isinstance(part, pickle.PickleBuffer) else part.raw())
    return digest.hexdigest()


def _writable(part: Any) -> Any:
    """A buffer that code may change: one that others read too is copied."""
    seen = memoryview(part)
    return bytearray(seen) if seen.readonly else part
