"""The functions the parity tables name, each standing on the product's own.

``FUNCTIONS`` maps a table's ``fn`` to a callable. It takes decoded arguments (``UNDEFINED`` for undefined, aware
datetimes for dates) and gives plain Python values, or raises an exception whose message counts.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

from workflow_kernel.expressions.scope import UNDEFINED
from workflow_kernel.sdk import conditions, conditions_operations, convert, convert_form, cron, dates
from workflow_kernel.sdk.convert_javascript import describe


class DateTime:
    """A date time with the methods of Luxon's that records ask for with ``path``."""

    def __init__(self, moment: dt.datetime) -> None:
        self.moment = moment
        self.isValid = True

    @property
    def zoneName(self) -> str:  # noqa: N802 - as the records name it
        return dates.zone_name(self.moment)

    def toISO(self) -> str:  # noqa: N802 - as the records name it
        return dates.to_iso(self.moment)

    def toMillis(self) -> int:  # noqa: N802 - as the records name it
        return dates.to_milliseconds(self.moment)

    valueOf = toMillis  # noqa: N815 - as the records name it

    def __eq__(self, other: object) -> bool:
        moment = other.moment if isinstance(other, DateTime) else other
        return isinstance(moment, dt.datetime) and self.moment == moment

    def __hash__(self) -> int:
        return hash(self.moment)


def _shown(value: Any) -> Any:
    return DateTime(value) if isinstance(value, dt.datetime) else value


def _given(value: Any, otherwise: Any) -> Any:
    return otherwise if value is None or value is UNDEFINED else value


def validate_field_type(name: str, value: Any, type_name: str, options: Any = None) -> dict[str, Any]:
    options = _given(options, {})
    result = convert.convert_value(
        name,
        value,
        type_name,
        strict=bool(options.get("strict")),
        parse_strings=bool(options.get("parseStrings")),
        options=_given(options.get("valueOptions"), []),
    )
    if result.valid:
        absent = value is None or value is UNDEFINED
        return {"valid": True} if absent else {"valid": True, "newValue": _shown(result.value)}
    return {"valid": False, "errorMessage": result.message}


def execute_filter(parameter: Mapping[str, Any], metadata: Any = None) -> bool:
    ours = conditions.Conditions.model_validate(conditions.conditions_from_n8n(parameter))
    sides = parameter["conditions"]
    lefts = [conditions.Constant(each.get("leftValue", UNDEFINED)) for each in sides]
    rights = [conditions.Constant(each.get("rightValue", UNDEFINED)) for each in sides]
    outcome = conditions.evaluate(ours, lefts, rights)[0]
    if isinstance(outcome, bool):
        return outcome
    details = _given(metadata, {})
    item = _given(details.get("itemIndex"), 0)
    message = outcome.message.rpartition(" [condition")[0]
    if details.get("errorFormat") == "inline":
        raise ValueError(f"{message} [item {item}]")
    raise ValueError(f"{message} [condition {_given(details.get('index'), outcome.condition)}, item {item}]")


def array_contains_value(values: list[Any], value: Any, ignore_case: bool) -> bool:
    return conditions_operations.array_contains(values, value, ignore_case=ignore_case)


def parse_date_time(value: Any, zone: Any = None) -> DateTime:
    return DateTime(dates.parse_date_time(value, _given(zone, "UTC")))


def to_cron_expression(item: Mapping[str, Any]) -> str:
    names = {"dayOfMonth": "day_of_month", "cronExpression": "expression"}
    return cron.cron_expression(**{names.get(key, key): value for key, value in item.items()})


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "executeFilter": execute_filter,
    "arrayContainsValue": array_contains_value,
    "validateFieldType": validate_field_type,
    "getValueDescription": describe,
    "toCronExpression": to_cron_expression,
    "tryToParseDateTime": parse_date_time,
    "tryToParseUrl": convert.to_url,
    "tryToParseJsonToFormFields": convert_form.form_fields,
    "tryToParseNumber": convert.to_number,
    "tryToParseString": convert.to_string,
    "tryToParseAlphanumericString": convert.to_alphanumeric,
    "tryToParseBoolean": convert.to_boolean,
    "tryToParseTime": convert.to_time,
    "tryToParseArray": convert.to_array,
    "tryToParseObject": convert.to_object,
    "tryToParseJwt": convert.to_token,
    "tryToParseBinary": convert.to_binary,
}
"""Every function a table may name."""
