"""Credential types: what a secret consists of, which parts are secret, how it is tried out, what nodes get of it.

    @credential_type("http.basic", imports=("httpBasicAuth",))
    class Basic(CredentialType):
        \"\"\"A user name and a password.\"\"\"

        user: str = Field(description="User name.")
        password: str = Field("", description="Password.", secret=True)

A family of node types brings its credential types in a module named by an entry point of the group
``workflow.credentials``; other distributions do the same. The form that edits a credential is made from the JSON
Schema of its class. Keeping and encrypting values does not belong here.
"""

from __future__ import annotations

import difflib
import importlib
import importlib.metadata
import inspect
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeVar

import msgspec
import pydantic

from workflow_kernel.base.errors import InvalidRequestError, NodeError, Problem

if TYPE_CHECKING:
    import httpx

ENTRY_POINTS = "workflow.credentials"
BUILT_IN = tuple(
    f"workflow_kernel.nodes.{family}._credentials" for family in ("web", "database", "notify", "data", "files", "flow")
)

Trial = Literal["none", "url", "itself"]
"""Whether a credential can be tried out: not at all, by a request to a URL, or with what it says itself."""


class Trying(msgspec.Struct, frozen=True):
    """What a credential type gets to try a credential out.

    Parameters
    ----------
    http: a client whose addresses are fenced. url: the address to call; empty where none was given.
    check_address: gives an address to connect to for a host and port, or raises for one that may not be reached.
    now: seconds since the epoch. token: what an authorization server gave. timeout: seconds it may take.
    """

    http: httpx.AsyncClient
    check_address: Callable[[str, int], Awaitable[str]]
    now: float
    url: str = ""
    token: Mapping[str, Any] | None = None
    timeout: float = 15.0


class CredentialSpec(msgspec.Struct, frozen=True):
    """What the decorator of a credential type says. See :func:`credential_type`."""

    type: str
    title: str
    description: str
    trial: Trial = "none"
    grant: Literal["", "authorization_code"] = ""
    stands_for: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()
    icon: str = ""


class CredentialType(pydantic.BaseModel):
    """Base of every credential type. Its fields are what people fill in; the docstring is its description."""

    model_config = pydantic.ConfigDict(extra="forbid", hide_input_in_errors=True)

    spec: ClassVar[CredentialSpec]

    @classmethod
    def secret_fields(cls) -> frozenset[str]:
        """Names of the fields that are never shown."""
        found = ((name, field.json_schema_extra) for name, field in cls.__pydantic_fields__.items())
        return frozenset(name for name, extra in found if isinstance(extra, dict) and _is_secret(extra))

    def for_nodes(self, token: Mapping[str, Any] | None) -> dict[str, Any]:
        """What a node gets of it. ``token`` is what an authorization server gave, for types with a grant."""
        return self.model_dump()

    async def try_out(self, trying: Trying) -> str:
        """Use it once, harmlessly; gives a sentence on what happened. Raises ``NodeError`` when it does not work."""
        raise NodeError("A credential of this type cannot be tried out.", mend="Use it in a workflow.")


T = TypeVar("T", bound=type[CredentialType])


def credential_type(
    type: str,
    *,
    title: str,
    trial: Trial = "none",
    grant: Literal["", "authorization_code"] = "",
    stands_for: tuple[str, ...] = (),
    imports: tuple[str, ...] = (),
    icon: str = "key",
) -> Callable[[T], T]:
    """Make a class a credential type.

    Parameters
    ----------
    type: its name, as slots of node types name it. title: how people call it.
    trial: how it can be tried out.
    grant: how an authorization server gives it a token, where one does.
    stands_for: types in whose slots it fits as well; what nodes get of it must look like theirs.
    imports: names of foreign credential types it takes the place of.
    icon: for the form.
    """

    def decorate(cls: T) -> T:
        description = inspect.cleandoc(cls.__doc__ or "")
        cls.spec = CredentialSpec(type, title, description, trial, grant, stands_for, imports, icon)
        return cls

    return decorate


class UnknownCredentialTypeError(InvalidRequestError):
    """No installed package has this credential type."""

    code = "WF730"


class CredentialTypes:
    """The credential types installed here, plus those registered in code."""

    def __init__(self, extra: Iterable[type[CredentialType]] = ()) -> None:
        self._extra = tuple(extra)
        self._found: dict[str, type[CredentialType]] | None = None

    def find(self, name: str) -> type[CredentialType]:
        """The class of a type. Raises ``UnknownCredentialTypeError`` naming the closest."""
        found = self._all().get(name)
        if found is None:
            close = difflib.get_close_matches(name, self._all(), n=3, cutoff=0.5)
            mend = (
                "Did you mean " + " or ".join(f"'{one}'" for one in close) + "?" if close else "Choose one of the list."
            )
            raise UnknownCredentialTypeError(f"There is no credential type '{name[:100]}'.", mend=mend)
        return found

    def get(self, name: str) -> type[CredentialType] | None:
        """The class of a type; None when there is none of that name."""
        return self._all().get(name)

    def named_by(self, foreign: str) -> str | None:
        """Our type for a foreign one; None when none takes its place."""
        return next((name for name, one in self._all().items() if foreign in one.spec.imports), None)

    def fits(self, name: str, wanted: Iterable[str]) -> bool:
        """Whether a credential of a type goes into a slot that wants one of some types."""
        found = self._all().get(name)
        names = {name, *(found.spec.stands_for if found else ())}
        return not names.isdisjoint(wanted)

    def __iter__(self) -> Iterator[type[CredentialType]]:
        """Every type, by name."""
        found = self._all()
        return iter([found[name] for name in sorted(found)])

    def _all(self) -> dict[str, type[CredentialType]]:
        if self._found is None:
            points = (point.value for point in importlib.metadata.entry_points(group=ENTRY_POINTS))
            self._found = {}
            for module in dict.fromkeys((*BUILT_IN, *points)):
                for value in vars(importlib.import_module(module)).values():
                    if isinstance(value, type) and issubclass(value, CredentialType) and "spec" in value.__dict__:
                        self._found[value.spec.type] = value
            self._found |= {one.spec.type: one for one in self._extra}
        return self._found


def check(kind: type[CredentialType], values: Mapping[str, Any]) -> CredentialType:
    """The values of a credential, checked. Raises ``InvalidRequestError`` with every problem; none shows a value."""
    try:
        return kind.model_validate(dict(values))
    except pydantic.ValidationError as error:
        problems = [
            Problem("WF731", f"{entry['msg']}.", field="values." + ".".join(map(str, entry["loc"])))
            for entry in error.errors(include_input=False, include_url=False, include_context=False)
        ]
    raise InvalidRequestError(
        f"The values do not fit the type '{kind.spec.type}'.", code="WF731", mend="Correct them.", problems=problems
    )


def _is_secret(extra: Mapping[str, Any]) -> bool:
    hints = extra.get("ui")
    return bool(isinstance(hints, Mapping) and hints.get("secret"))
