"""What a trigger node type asks the service to listen for while its workflow is active.

A trigger's ``listeners`` gives these; ``services.triggers`` keeps them. Starting executions does not belong here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from workflow_kernel.sdk.forms import FormPage
from workflow_kernel.sdk.schedules import Rule
from workflow_kernel.sdk.webhooks import Auth, Guard, Intake, Method, Reply, Respond


class Webhook(msgspec.Struct, frozen=True):
    """Calls of a path start an execution.

    Parameters
    ----------
    path: below ``/webhook/``; parts with a leading colon are parameters. methods: it may be called by.
    respond: when callers are answered. reply: with what. auth, guard: who may call, and how. intake: how it is read.
    origins: of pages that may call it from a browser; ``*`` for all.
    """

    path: str
    methods: Sequence[Method]
    respond: Respond = "at_once"
    reply: Reply = Reply()
    auth: Auth = Auth()
    guard: Guard = Guard()
    intake: Intake = Intake()
    origins: Sequence[str] = ()


class Form(msgspec.Struct, frozen=True):
    """A page with a form below ``/form/``; what is sent starts an execution.

    Parameters
    ----------
    path: below ``/form/``. page: what it shows. respond: whether senders wait for the end, and see what came of it.
    """

    path: str
    page: FormPage
    respond: Literal["at_once", "last_node"] = "at_once"
    auth: Auth = Auth()
    guard: Guard = Guard()


class Ticks(msgspec.Struct, frozen=True):
    """Moments start an execution.

    Parameters
    ----------
    rules: when. timezone: an IANA name; the workflow's where empty.
    missed: whether moments that passed while nothing ran are made up for, by one execution.
    """

    rules: Sequence[Rule]
    timezone: str = ""
    missed: Literal["once", "skip"] = "once"


class Polls(msgspec.Struct, frozen=True):
    """The node itself is run at moments, without input; what it gives starts an execution.

    Its ``ctx.state`` is the cursor: what it kept the last time.
    """

    rules: Sequence[Rule]
    timezone: str = ""


class Failures(msgspec.Struct, frozen=True):
    """Executions that failed start this workflow: of those that name it, and its own."""


Listener = Webhook | Form | Ticks | Polls | Failures
