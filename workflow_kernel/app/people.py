"""Plugs together everything about people: accounts, ways to sign in, projects, roles. Used by ``Service`` and tests."""

from __future__ import annotations

import httpx
import msgspec
from redis.asyncio import Redis

from workflow_kernel.auth.sealing import Seal
from workflow_kernel.auth.tokens import Signer
from workflow_kernel.base.settings import Settings
from workflow_kernel.contracts import MailQueue
from workflow_kernel.services.access import Access
from workflow_kernel.services.accounts import Accounts
from workflow_kernel.services.admission import Admission
from workflow_kernel.services.api_keys import ApiKeys
from workflow_kernel.services.factors import Factors
from workflow_kernel.services.identify import Identify
from workflow_kernel.services.invitations import Invitations
from workflow_kernel.services.jupyter import JupyterPeople
from workflow_kernel.services.mail import Mailer
from workflow_kernel.services.passkeys import Passkeys
from workflow_kernel.services.people import People
from workflow_kernel.services.projects import Projects
from workflow_kernel.services.recovery import Recovery
from workflow_kernel.services.registration import Registration
from workflow_kernel.services.roles import Roles
from workflow_kernel.services.sessions import Sessions
from workflow_kernel.services.sign_in import SignIn
from workflow_kernel.services.sign_on import SignOn
from workflow_kernel.storage import keys
from workflow_kernel.storage.database import Database


class PeopleServices(msgspec.Struct, frozen=True):
    """The services, by the names they have in ``Service``."""

    access: Access
    accounts: Accounts
    api_keys: ApiKeys
    factors: Factors
    identify: Identify
    invitations: Invitations
    jupyter: JupyterPeople
    passkeys: Passkeys
    projects: Projects
    recovery: Recovery
    registration: Registration
    roles: Roles
    sessions: Sessions
    sign_in: SignIn
    sign_on: SignOn


def people_services(
    database: Database, redis: Redis, settings: Settings, mail: MailQueue, client: httpx.AsyncClient
) -> PeopleServices:
    """All of them.

    Parameters
    ----------
    database, redis: where everything is; the client gives bytes. settings: of the service. mail: where mail waits.
    client: asks other places where people may sign in; who made it closes it.
    """
    seal = Seal(list(keys.master_keys(settings).values()), "workflow second factors")
    people = People.on(database, redis, settings, Mailer(mail, settings), seal)
    signer = Signer(settings.jwt_algorithm, keys.signing_key(settings))
    admission, factors, access = Admission(people, signer), Factors(people), Access(database)
    accounts = Accounts(people)
    return PeopleServices(
        access=access,
        accounts=accounts,
        api_keys=ApiKeys(people),
        factors=factors,
        identify=Identify(people.sessions, people.identities, signer),
        invitations=Invitations(people),
        jupyter=JupyterPeople(people),
        passkeys=Passkeys(people, admission),
        projects=Projects(database, access),
        recovery=Recovery(people),
        registration=Registration(people, accounts),
        roles=Roles(database, people.identities),
        sessions=Sessions(people),
        sign_in=SignIn(people, admission, factors),
        sign_on=SignOn(people, admission, client),
    )
