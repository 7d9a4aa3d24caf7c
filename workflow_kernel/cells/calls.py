"""What a call does: to its arguments, to what it is called on, and to its result. The half of ``walk`` about calls."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import count

from workflow_kernel.cells import knowledge as known
from workflow_kernel.cells.events import Call, Define, Function, Mark, Sources, any_of, base, holding, part_of
from workflow_kernel.cells.state import NO_FUNCTIONS, Summary
from workflow_kernel.cells.walk import ALL, PLAIN, Walk, is_local


class Calls:
    """Knows what calls do. One for all walks of a notebook; summaries of functions are kept in the state."""

    def __init__(self) -> None:
        self.versions = count(1)
        self._open: set[Function] = set()

    def call(self, event: Call, walk: Walk) -> None:
        """Play one call."""
        self._outside(event, walk)
        for function in walk.held_by((*event.receiver, *self._flat(event))):
            walk.use(function)
        first = event.path[0] if event.path else ""
        origin = walk.origin(first) if first else ""
        if origin == PLAIN:
            walk.result(event.result, ())
        elif origin:
            self._library(event, ".".join((origin, *event.path[1:])), walk)
        elif len(event.path) == 1 and not walk.is_known(first) and first in known.BUILTINS:
            self._builtin(event, first, walk)
        elif event.method:
            self._method(event, walk)
        else:
            self._value(event, walk)

    def summary(self, function: Function, outer: Walk) -> Summary:
        """What a call of a function does, with what its variables are now."""
        state = outer.state
        kept = state.summaries.get(function)
        if kept is not None and kept[0] == state.version:
            return kept[1]
        if function in self._open or outer.depth > 50:
            return Summary()
        self._open.add(function)
        version = state.version
        try:
            found = self._summarise(function, outer)
        finally:
            self._open.discard(function)
        state.version = version
        state.summaries[function] = (version, found)
        return found

    def _summarise(self, function: Function, outer: Walk) -> Summary:
        # Played on a copy: a call that may never happen must leave no links and definitions behind.
        walk = Walk(outer.state.copy(), self)
        walk.depth = outer.depth + 1
        walk.play(function.events)
        places = {name: index for index, name in enumerate(function.parameters)}

        def told(names: Iterable[str]) -> list[str]:
            found = [f"?{places[name]}" if name in places else name for name in sorted(names)]
            return [name for name in found if name[0] == "?" or not (name == ALL or is_local(name))]

        held = [
            pair
            for name, index in places.items()
            for pair in (
                *((f"?{index}", other) for other in told(walk.out(name))),
                *((other, f"?{index}") for other in told(walk.into(name))),
            )
        ]
        made = frozenset(event.function for event in function.events if isinstance(event, Define))
        return Summary(
            tuple(walk.uses),
            tuple(walk.touched),
            frozenset(places[name] for name in walk.changed_locals if name in places),
            frozenset(places[name] for name in walk.deep_locals if name in places),
            tuple(held),
            self._returns(function, walk, told),
            made | walk.held_by(function.returns),
            tuple(walk.worlds),
            tuple(walk.marks),
        )

    def _returns(self, function: Function, walk: Walk, told: Callable[[Iterable[str]], list[str]]) -> Sources:
        found: dict[str, None] = {}
        for source in function.returns:
            mode, name = source[: -len(base(source))], base(source)
            if name in function.parameters or not is_local(name):
                found.update((mode + other, None) for other in told([name]))
                continue
            out, into = walk.ends([source])
            found.update((f"~{other}", None) for other in told(out | into))
        return tuple(found)

    def _outside(self, event: Call, walk: Walk) -> None:
        """Files and databases that a call reads or writes, told by its name."""
        name = event.method or (event.path[-1] if event.path else "")
        if name == "open" or (name in ("open", "fdopen") and len(event.path) < 3):
            texts = dict(event.texts)
            mode = texts.get("mode", texts.get("1", "r"))
            if event.path[:1] != ("open",) and len(event.path) == 2 and walk.origin(event.path[0]) == "":
                mode = texts.get("mode", texts.get("0", "r"))
            walk.worlds["files", any(sign in mode for sign in "wax+")] = None
        if name in known.FILE_WRITERS and (event.method or event.path):
            walk.worlds["files", True] = None
        elif name in known.FILE_READERS:
            walk.worlds["files", False] = None

    def _every(self, event: Call) -> tuple[Sources, ...]:
        return (*event.arguments, *(sources for _, sources in event.named))

    def _flat(self, event: Call) -> Sources:
        return tuple(name for sources in self._every(event) for name in sources)

    def _library(self, event: Call, place: str, walk: Walk) -> None:
        top, _, _ = place.partition(".")
        last = place.rpartition(".")[2]
        arguments = self._flat(event)
        if place.startswith(known.STATE) and place not in known.READS_STATE:
            walk.setting(event.statement, event.line, place)
        self._random(place, last, walk)
        if place in known.CHANGES:
            walk.change(event.arguments[0] if event.arguments else ())
            if last in ("dump", "load", "tee"):
                walk.change(arguments)
            for holder in event.arguments[0] if event.arguments else ():
                walk.hold(holder, arguments)
        elif top not in known.LIBRARIES:
            walk.change(arguments, is_deep=True)
        for name, sources in event.named:
            if name == "out" or (name == "inplace" and ("inplace", "True") in event.texts):
                walk.change(sources or arguments)
        self._callbacks(event, walk)
        is_fresh = top in known.FRESH_LIBRARIES or place == "copy.deepcopy"
        if top == "numpy" and place not in known.SHARING_FUNCTIONS:
            is_fresh = True
        if top == "pandas" and last in ("concat", "merge", "crosstab", "cut", "qcut", "to_datetime", "to_numeric"):
            is_fresh = True
        walk.result(event.result, () if is_fresh else any_of(arguments), walk.held_by(arguments))

    def _random(self, place: str, last: str, walk: Walk) -> None:
        world = known.SEEDS.get(place)
        if world is not None:
            walk.state.seeded |= {world}
            walk.worlds[world, True] = None
            return
        world = known.DRAWS.get(place.rpartition(".")[0])
        if world is not None and last not in known.NO_DRAWS and (world in walk.state.seeded or walk.depth):
            walk.worlds[world, True] = None

    def _builtin(self, event: Call, name: str, walk: Walk) -> None:
        arguments = self._flat(event)
        if name in ("exec", "eval", "globals", "locals") or (name == "vars" and not event.arguments):
            walk.marks.append(Mark("dynamic", f"{name}()", event.line))
        elif name == "get_ipython":
            walk.marks.append(Mark("magic", "get_ipython()", event.line))
        elif name in ("next", "anext"):
            walk.change(arguments)
        elif name in ("setattr", "delattr") and event.arguments:
            walk.change(event.arguments[0])
            for holder in event.arguments[0]:
                walk.hold(holder, arguments)
        self._callbacks(event, walk)
        sources = any_of(arguments) if name in known.SHARING_BUILTINS else ()
        walk.result(event.result, sources, walk.held_by(arguments))

    def _method(self, event: Call, walk: Walk) -> None:
        receiver, arguments, method = event.receiver, self._flat(event), event.method
        functions = walk.held_by(receiver)
        classes = [function for function in functions if function.methods is not None]
        own = [cls.methods[method] for cls in classes if cls.methods and method in cls.methods]
        if own:
            for function in own:
                self._apply(function, event, walk, receiver)
            return
        is_inplace = ("inplace", "True") in event.texts
        self._callbacks(event, walk)
        if is_inplace or (method in known.CHANGING_METHODS and not classes):
            walk.change(receiver)
            if method in known.STORING_METHODS:
                for holder in receiver:
                    walk.hold(holder, arguments)
            walk.result(event.result, any_of((*receiver, *arguments)), functions | walk.held_by(arguments))
        elif method in known.FRESH_METHODS and not classes:
            walk.result(event.result, (), walk.held_by(arguments))
        elif method in known.SHARING_METHODS and not classes:
            walk.result(event.result, any_of(receiver), functions | walk.held_by(arguments))
        else:
            self._unknown(event, walk, receiver)

    def _unknown(self, event: Call, walk: Walk, receiver: Sources) -> None:
        """Something is called of which nothing is known: it may change all it is given."""
        arguments = self._flat(event)
        walk.change((*receiver, *arguments), is_deep=True)
        for holder in receiver:
            walk.hold(holder, arguments)
        everything = any_of((*receiver, *arguments))
        walk.result(event.result, everything, walk.held_by(everything))

    def _value(self, event: Call, walk: Walk) -> None:
        """A variable, or the result of an expression, is called."""
        functions = walk.held_by(event.receiver)
        if not functions:
            self._unknown(event, walk, event.receiver)
            return
        for function in functions:
            if function.methods is None:
                self._apply(function, event, walk, None)
            elif "__init__" in function.methods:
                self._apply(function.methods["__init__"], event, walk, (event.result,))
                walk.result(event.result, holding(self._flat(event)), frozenset([function]))
            else:
                walk.result(
                    event.result, holding(self._flat(event)), frozenset([function]) | walk.held_by(event.receiver)
                )
            walk.use(function)
        if len(functions) > 1:
            # One of them was meant: it has all that any of them may give.
            together = walk.held_by(event.receiver) | walk.held_by(self._flat(event))
            walk.result(event.result, any_of(self._flat(event)), together)

    def _apply(self, function: Function, event: Call, walk: Walk, receiver: Sources | None) -> None:
        """A function of the notebook is called with what it is given."""
        summary = self.summary(function, walk)
        walk.use(function)
        given = self._given(function, event, receiver)
        is_unclear = len(event.arguments) + (receiver is not None) > len(function.parameters) or any(
            name == "**" for name, _ in event.named
        )

        def found(names: Iterable[str]) -> list[str]:
            result: list[str] = []
            for source in names:
                mode, name = source[: -len(base(source))], base(source)
                given_here = given.get(int(name[1:]), ()) if name[0] == "?" else (name,)
                result.extend(
                    part_of(given_here)
                    if mode == "-"
                    else holding(given_here)
                    if mode == "+"
                    else any_of(given_here)
                    if mode
                    else given_here
                )
            return result

        for index in summary.changed:
            walk.change(given.get(index, ()), is_deep=index in summary.deep)
        if is_unclear and summary.changed:
            walk.change(self._flat(event), is_deep=True)
        for holder, other in summary.held:
            for name in found([holder]):
                walk.hold(name, tuple(found([other])))
        self._callbacks(event, walk)
        sources = found(summary.returns)
        functions = summary.made | walk.held_by(sources)
        walk.result(event.result, [*sources, *(any_of(self._flat(event)) if is_unclear else ())], functions)

    def _given(self, function: Function, event: Call, receiver: Sources | None) -> dict[int, Sources]:
        positional = event.arguments if receiver is None else (receiver, *event.arguments)
        given = dict(enumerate(positional))
        names = {name.partition("@")[0]: index for index, name in enumerate(function.parameters)}
        for name, sources in event.named:
            if name in names:
                given[names[name]] = sources
        return given

    def _callbacks(self, event: Call, walk: Walk) -> None:
        """Functions that are handed on may be called with whatever else is there."""
        functions = NO_FUNCTIONS
        for sources in self._every(event):
            functions |= walk.held_by(sources)
        if any(function.methods is None and self.summary(function, walk).changed for function in functions):
            walk.change((*event.receiver, *self._flat(event)), is_deep=True)
