"""Conditions as people edit them, and the matcher that decides them for a whole batch.

If, Filter, Switch and every node with conditions has a parameter of type :class:`Conditions`, compiles it once for a
run and asks the matcher for one outcome per item. What the operators mean is in ``conditions_operations``, how one
condition is checked in ``conditions_check``; reading n8n's conditions is in ``conditions_n8n``. Evaluating expressions
does not belong here: columns come in evaluated.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any, Literal, NamedTuple, Protocol

import pydantic

from workflow_kernel.base.errors import NodeError
from workflow_kernel.expressions.parse import is_expression
from workflow_kernel.expressions.scope import Column
from workflow_kernel.sdk import conditions_operations as operations
from workflow_kernel.sdk.conditions_check import Check, Constant, Reading, Side
from workflow_kernel.sdk.conditions_n8n import conditions_from_n8n, legacy_condition
from workflow_kernel.sdk.dates import Zone
from workflow_kernel.sdk.parameters import Field, Model

__all__ = [
    "Condition",
    "ConditionFailure",
    "Conditions",
    "Constant",
    "Matcher",
    "Options",
    "compile_conditions",
    "conditions_from_n8n",
    "evaluate",
    "legacy_condition",
]

OPERATORS = tuple(operations.OPERATIONS)
"""Every operator a condition may have, e.g. ``number.larger``."""


def _known(operator: str) -> str:
    if operator in operations.OPERATIONS:
        return operator
    family = operator.partition(".")[0]
    known = [name for name in OPERATORS if name.startswith(f"{family}.")]
    known = known or sorted({name.partition(".")[0] for name in OPERATORS})
    raise ValueError(f"'{operator}' is not an operator. Use one of {', '.join(known)}.")


Operator = Annotated[
    str, pydantic.AfterValidator(_known), pydantic.WithJsonSchema({"type": "string", "enum": list(OPERATORS)})
]


class Condition(Model):
    """One comparison: ``{"left": "={{ $json.n }}", "operator": "number.larger", "right": 3}``."""

    left: Any = Field(None, description="What is looked at, usually an expression.")
    operator: Operator = Field(description="Type and comparison, e.g. `number.larger`.", expression=False)
    right: Any = Field(None, description="What it is compared with. Not used by operators such as `string.empty`.")


class Options(Model):
    """How the values of conditions are read."""

    case_sensitive: bool = Field(True, description="Whether texts that differ only in case are different.")
    types: Literal["strict", "loose", "as_is"] = Field(
        "loose",
        description="What happens to a value of another type than the operator's: `strict` makes it an error, "
        "`loose` converts it, `as_is` compares values as JavaScript does, without converting them.",
    )
    boolean_text: Literal["parsed", "truthy"] = Field(
        "parsed",
        description="How loose conditions read a text as a boolean: `parsed` takes 'false' and '0' as false, "
        "`truthy` takes every text but the empty one as true.",
    )


class Conditions(Model):
    """Conditions that must all hold (``and``), or of which one must (``or``)."""

    combinator: Literal["and", "or"] = Field("and", description="Whether all conditions must hold, or any of them.")
    conditions: list[Condition] = Field(default_factory=list, description="The conditions, checked in this order.")
    options: Options = Field(default_factory=Options, description="How values are read.")


class ConditionFailure(NamedTuple):
    """Stands in place of an outcome where a condition could not be decided.

    Parameters
    ----------
    message: what is wrong, with the positions of the condition and the item.
    mend: what to do about it.
    condition: position of the condition.
    item: position of the item.
    """

    message: str
    mend: str = ""
    condition: int = 0
    item: int = 0

    def as_error(self) -> NodeError:
        """The error to raise or to give to ``ctx.fail``."""
        return NodeError(self.message, description=self.mend, item=self.item)


Outcome = bool | ConditionFailure


class ReadColumn(Protocol):
    """Gives the evaluated column of one side, as ``ctx.column`` does."""

    def __call__(self, *path: str | int) -> Column:
        """The column of the parameter at ``path`` inside the conditions, e.g. ``"conditions", 0, "left"``."""
        ...


class Matcher:
    """Decides compiled conditions for batches. Made by :func:`compile_conditions`; keeps no state between batches."""

    __slots__ = ("_checks", "_conditions")

    def __init__(self, conditions: Conditions, zone: Zone) -> None:
        self._conditions = conditions
        options = conditions.options
        is_text_truthy = options.boolean_text == "truthy"
        reading = Reading(options.types, not options.case_sensitive, is_text_truthy, zone)
        self._checks = [Check(condition.operator, reading) for condition in conditions.conditions]

    def matches(self, count: int, column: ReadColumn) -> list[Outcome]:
        """Decide for each item of a batch.

        Parameters
        ----------
        count: how many items there are.
        column: gives evaluated columns; asked only for sides that are expressions, and only when they matter.

        Returns
        -------
        One outcome per item: whether it matches, or why that cannot be told.
        """

        def side(index: int, name: Literal["left", "right"]) -> Side:
            value = getattr(self._conditions.conditions[index], name)
            return column("conditions", index, name) if is_expression(value) else Constant(value)

        return self._decide(count, lambda index: (side(index, "left"), side(index, "right")))

    def match_columns(self, count: int, lefts: Sequence[Side], rights: Sequence[Side]) -> list[Outcome]:
        """As :meth:`matches`, with both sides of every condition given: a constant or a column of ``count`` values."""
        return self._decide(count, lambda index: (lefts[index], rights[index]))

    def _decide(self, count: int, sides: Callable[[int], tuple[Side, Side]]) -> list[Outcome]:
        is_and = self._conditions.combinator == "and"
        outcomes: list[Outcome] = [is_and] * count
        pending: Sequence[int] = range(count)
        for index, check in enumerate(self._checks):
            if not pending:
                break
            left, right = sides(index)
            # Only items still undecided are looked at: a condition is not asked where an earlier one has settled it.
            results = check.column(_pick(left, pending, count), _pick(right, pending, count), len(pending))
            undecided = []
            for item, result in zip(pending, results, strict=True):
                if result is True or result is False:
                    if result is is_and:
                        undecided.append(item)
                    else:
                        outcomes[item] = result
                else:
                    place = f"[condition {index}, item {item}]"
                    outcomes[item] = ConditionFailure(f"{result.message} {place}", result.mend, index, item)
            pending = undecided
        # What no condition has settled fulfils all of an "and" and none of an "or": the value it started with.
        return outcomes


def compile_conditions(conditions: Conditions, zone: Zone = "UTC") -> Matcher:
    """Prepare conditions for deciding many items.

    Parameters
    ----------
    conditions: as edited; sides starting with ``=`` are expressions.
    zone: where dates without an offset are; ``ctx.timezone``.
    """
    return Matcher(conditions, zone)


def evaluate(
    conditions: Conditions, lefts: Sequence[Side], rights: Sequence[Side], *, count: int = 1, zone: Zone = "UTC"
) -> list[Outcome]:
    """Decide conditions once, both sides of each given evaluated: constants or columns of ``count`` values."""
    return Matcher(conditions, zone).match_columns(count, lefts, rights)


def _pick(side: Side, pending: Sequence[int], count: int) -> Side:
    if isinstance(side, Constant) or len(pending) == count:
        return side
    return [side[item] for item in pending]
