"""Switch: sends each item to one of many outputs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import pydantic

from workflow_kernel.nodes import _columns
from workflow_kernel.nodes.flow import _switch_import
from workflow_kernel.sdk import Context, Field, Items, Model, NodeError, NodeType, Outputs, Port, Ports, node
from workflow_kernel.sdk.conditions import Conditions
from workflow_kernel.sdk.convert_javascript import number_of, text_of

FALLBACK = "fallback"
MOST_OUTPUTS = 200


class Rule(Model):
    """Conditions, and the output for the items that fulfil them."""

    conditions: Conditions = Field(
        default_factory=Conditions, description="What an item must fulfil.", widget="conditions"
    )
    name: Annotated[str, pydantic.BeforeValidator(text_of)] = Field("", description="How the output is called.")
    output: str | None = Field(
        None, description="The output it leads to, e.g. `output1`; when not given the rule has its own.",
        pattern=r"^output[1-9]\d*$", expression=False,
    )  # fmt: skip


@node(
    "flow.switch",
    outputs=("output1",),
    chunked=True,
    per_item=("rules", "output"),
    imports={"n8n-nodes-base.switch": _switch_import.from_n8n},
    icon="route",
    keywords=("route", "branch", "case", "rules", "condition"),
)
class Switch(NodeType):
    """Sends each item to the output of the first rule it fulfils, or to one that an expression names."""

    mode: Literal["rules", "expression"] = Field(
        "rules", description="Choose the output by rules, or compute its index.", expression=False
    )
    rules: list[Rule] = Field(
        default_factory=list, description="The rules, asked in this order.", show={"mode": "rules"}
    )
    output: Any = Field(0, description="Index of the output, from 0.", show={"mode": "expression"})
    number_of_outputs: int | None = Field(
        None, ge=1, le=MOST_OUTPUTS, description="How many outputs there are; when not given one for each rule, or 4.",
        expression=False,
    )  # fmt: skip
    fallback: str = Field(
        "none", section="Options", description="Where items go that fulfil no rule: `none`, an `extra` output, or one "
        "of the others, e.g. `output1`.", pattern=r"^(none|extra|output[1-9]\d*)$", show={"mode": "rules"},
        expression=False,
    )  # fmt: skip
    fallback_name: str = Field(
        "", section="Options", description="How the extra output is called.", show={"fallback": "extra"},
        expression=False,
    )  # fmt: skip
    all_matching: bool = Field(
        False, section="Options", description="Send an item to the outputs of all rules it fulfils.",
        show={"mode": "rules"},
    )  # fmt: skip

    @classmethod
    def ports(cls, parameters: Mapping[str, Any]) -> Ports:
        """An output for each rule, and one more where the fallback is extra."""
        is_rules = parameters.get("mode", "rules") == "rules"
        given = parameters.get("rules") if is_rules else None
        rules = [rule for rule in given if isinstance(rule, Mapping)] if isinstance(given, list) else []
        number = parameters.get("number_of_outputs")
        count = number if isinstance(number, int) else len(rules) if is_rules else 4
        titles = {
            f"output{i + 1}": str(rule.get("name") or "") for i, rule in enumerate(rules) if not rule.get("output")
        }
        names = [f"output{position + 1}" for position in range(min(count, MOST_OUTPUTS))]
        outputs = [Port(name, title=titles.get(name, "")) for name in names]
        if is_rules and parameters.get("fallback") == "extra":
            outputs.append(Port(FALLBACK, title=str(parameters.get("fallback_name") or "")))
        return Ports((Port("main"),), tuple(outputs))

    @classmethod
    def check(cls, parameters: Mapping[str, Any]) -> list[str]:
        """Outputs that are named but not there."""
        names = [port.name for port in cls.ports(parameters).outputs]
        rules = parameters.get("rules")
        wanted = [rule.get("output") for rule in rules if isinstance(rule, Mapping)] if isinstance(rules, list) else []
        wanted.append(parameters.get("fallback"))
        return [
            f"There is no output '{name}'. The outputs are {', '.join(names) or 'none'}."
            for name in dict.fromkeys(wanted)
            if isinstance(name, str) and name.startswith("output") and name not in names
        ]

    def run(self, items: Items, ctx: Context) -> Outputs:
        """Choose for every item."""
        names = [port.name for port in self.ports(self.model_dump()).outputs]
        taken: dict[str, list[int]] = {name: [] for name in names}
        if self.mode == "expression":
            self._by_index(items, ctx, taken)
        else:
            self._by_rules(items, ctx, taken)
        return {name: items.take(indices) for name, indices in taken.items() if indices}

    def _by_index(self, items: Items, ctx: Context, taken: dict[str, list[int]]) -> None:
        names = list(taken)
        column = ctx.column("output")
        for index in range(len(items)):
            value = column[index] if column[index] is not None else 0
            number = number_of(self.output if _columns.is_constant(column) else value)
            if 0 <= number < len(names) and number == int(number):
                taken[names[int(number)]].append(index)
            else:
                mend = f"Outputs are counted from 0: give a number from 0 to {len(names) - 1}."
                ctx.fail(index, NodeError(f"The output {text_of(value)} is not allowed.", item=index, mend=mend))

    def _by_rules(self, items: Items, ctx: Context, taken: dict[str, list[int]]) -> None:
        pending = dict.fromkeys(range(len(items)))
        matched: set[int] = set()
        for position, rule in enumerate(self.rules):
            if not pending:
                break
            target = taken.setdefault(rule.output or f"output{position + 1}", [])
            outcomes = _columns.decide(rule.conditions, len(items), ctx, "rules", position, "conditions")
            for index in list(pending):
                outcome = outcomes[index]
                if outcome is True:
                    target.append(index)
                    matched.add(index)
                if outcome is True and not self.all_matching:
                    del pending[index]
                elif not isinstance(outcome, bool):
                    del pending[index]
                    self._drop(taken, index)
                    ctx.fail(index, outcome.as_error())
        fallback = {"none": None, "extra": FALLBACK}.get(self.fallback, self.fallback)
        if fallback is not None:
            rest = [index for index in pending if index not in matched]
            taken[fallback] = sorted([*taken.get(fallback, []), *rest])

    @staticmethod
    def _drop(taken: dict[str, list[int]], index: int) -> None:
        """A failed item leaves no copies behind in the outputs it already was sent to."""
        for indices in taken.values():
            if index in indices[-1:]:
                indices.pop()
            elif index in indices:
                indices.remove(index)
