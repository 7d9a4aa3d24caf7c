"""Tries what settings name, one thing after another, and says of each whether it works: ``workflow config check``."""

from __future__ import annotations

import asyncio
import difflib
import os
import shutil
import time
from collections.abc import AsyncIterator, Mapping
from ipaddress import ip_address
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

import aiosmtplib
import msgspec
import psycopg
from redis.exceptions import RedisError

from workflow_kernel.base.errors import WorkflowError
from workflow_kernel.base.settings import Settings
from workflow_kernel.services.mail import Delivery
from workflow_kernel.storage import embedded, keys, migrations
from workflow_kernel.storage.blobs import open_blobs
from workflow_kernel.storage.redis import open_redis

OTHER_VARIABLES = frozenset(
    f"WORKFLOW_{name}" for name in ("CACHE", "TRACE", "SERVER", "TOKEN", "CREDENTIALS", "BACKUP_PASSPHRASE", "IMAGE")
)
"""Variables of the environment that are no settings of the service."""

_LEAST_DISK = 1 << 30
_PROBE = b"workflow config check"
_MAIL_TIMEOUT = 5.0


class Verdict(msgspec.Struct, frozen=True):
    """What was found out about one thing.

    Parameters
    ----------
    what: the thing. state: whether it works. says: details, or what is wrong and how to mend it.
    """

    what: str
    state: Literal["works", "doubtful", "broken"]
    says: str


async def check(settings: Settings, environment: Mapping[str, str]) -> AsyncIterator[Verdict]:
    """Try everything; servers of our own are started if they do not run, and stopped again.

    Parameters
    ----------
    settings: to check. environment: variables, to find misspelt ones.
    """
    for verdict in (*_variables(environment), *_address(settings), await asyncio.to_thread(_disk, settings)):
        yield verdict
    yield await asyncio.to_thread(_keys, settings)
    try:
        async with embedded.servers(settings) as addresses:
            yield await asyncio.to_thread(_postgres, settings, addresses.database_url)
            yield await _redis(settings, addresses.redis_url)
    except WorkflowError as error:
        yield Verdict("Postgres and Redis", "broken", str(error))
    yield await asyncio.to_thread(_blobs, settings)
    yield await _mail(settings)


def _variables(environment: Mapping[str, str]) -> list[Verdict]:
    """Misspelt variables: they would be passed over in silence."""
    known = {f"WORKFLOW_{name.upper()}" for name in Settings.model_fields} | OTHER_VARIABLES
    found = []
    for name in sorted(environment):
        if not name.upper().startswith("WORKFLOW_") or name.upper() in known:
            continue
        close = difflib.get_close_matches(name.upper(), known, n=1)
        meant = f" Did you mean {close[0]}?" if close else ""
        found.append(Verdict(name, "doubtful", f"There is no such setting.{meant}"))
    return found


def _address(settings: Settings) -> list[Verdict]:
    try:
        is_open = not ip_address(settings.host).is_loopback
    except ValueError:
        is_open = settings.host != "localhost"
    if is_open and not settings.public_url.startswith("https://"):
        says = "Others can reach the service, and nothing says that they do so over HTTPS. Set WORKFLOW_PUBLIC_URL."
        return [Verdict("Address", "doubtful", says)]
    return []


def _disk(settings: Settings) -> Verdict:
    folder = settings.data_folder
    there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not os.access(there, os.W_OK | os.X_OK):
        return Verdict("Data folder", "broken", f"{there} cannot be written to. Set WORKFLOW_DATA_FOLDER.")
    free = shutil.disk_usage(there).free
    says = f"{folder}, {free / (1 << 30):.1f} GB free"
    return Verdict("Data folder", "works" if free > _LEAST_DISK else "doubtful", says)


def _keys(settings: Settings) -> Verdict:
    try:
        found = keys.master_keys(settings)
        keys.signing_key(settings)
    except (WorkflowError, OSError) as error:
        return Verdict("Keys", "broken", str(error))
    current, *old = found
    return Verdict("Keys", "works", ", earlier one ".join([f"master key {current}", *old]))


def _postgres(settings: Settings, url: str) -> Verdict:
    began = time.perf_counter()
    try:
        with psycopg.connect(url, connect_timeout=max(1, round(settings.connect_timeout))) as connection:
            version = connection.info.parameter_status("server_version") or ""
            took = (time.perf_counter() - began) * 1000
            limit = int(str((connection.execute("show max_connections").fetchone() or ["0"])[0]))
        revision = migrations.current(url)
    except psycopg.Error as error:
        return Verdict("Postgres", "broken", str(error).splitlines()[0])
    whose = "of our own" if settings.database_url is None else "shared"
    says = f"{version.split()[0]}, {whose}, {took:.0f} ms, revision {revision or 'none: up migrates it'}"
    if limit < settings.database_pool + 10:
        return Verdict(
            "Postgres", "doubtful", f"{says}; {limit} connections are few for a pool of {settings.database_pool}"
        )
    if revision and revision != migrations.revisions()[-1]:
        return Verdict(
            "Postgres", "doubtful", f"{says}; this version needs {migrations.revisions()[-1]}: workflow db migrate"
        )
    return Verdict("Postgres", "works", says)


async def _redis(settings: Settings, url: str) -> Verdict:
    began = time.perf_counter()
    try:
        async with open_redis(url, text=True, timeout=settings.connect_timeout) as client:
            version = (await client.info("server"))["redis_version"]
            took = (time.perf_counter() - began) * 1000
            policy = (await client.info("memory")).get("maxmemory_policy", "noeviction")
    except RedisError as error:
        return Verdict("Redis", "broken", str(error))
    says = f"{version}, {'of our own' if settings.redis_url is None else 'shared'}, {took:.0f} ms"
    if policy != "noeviction":
        return Verdict(
            "Redis", "doubtful", f"{says}; it throws entries away when full: set maxmemory-policy noeviction"
        )
    return Verdict("Redis", "works", says)


def _blobs(settings: Settings) -> Verdict:
    where = settings.blob_url or str(settings.data_folder / "blobs")
    shown = without_password(where)
    try:
        blobs: Any = open_blobs(where)
        if blobs.get(blobs.put(_PROBE)) != _PROBE:
            return Verdict("Blobs", "broken", f"{shown} gives back something else than was put in.")
    except Exception as error:  # Any library may be behind a URL, with errors of its own.
        return Verdict("Blobs", "broken", f"{shown}: {type(error).__name__}. Correct WORKFLOW_BLOB_URL.")
    return Verdict("Blobs", "works", shown)


async def _mail(settings: Settings) -> Verdict:
    if settings.smtp_url is None:
        return Verdict("Mail", "works", f"goes to the folder {Delivery(settings).folder}, for no server is set")
    url = settings.smtp_url.get_secret_value()
    parts = urlsplit(url)
    is_tls = parts.scheme == "smtps"
    port = parts.port or (465 if is_tls else 587)
    client = aiosmtplib.SMTP(hostname=parts.hostname, port=port, use_tls=is_tls, timeout=_MAIL_TIMEOUT)
    try:
        async with client:
            if parts.username:
                await client.login(unquote(parts.username), unquote(parts.password or ""))
    except (aiosmtplib.SMTPException, OSError) as error:
        says = f"{parts.hostname}: {type(error).__name__}. Correct WORKFLOW_SMTP_URL."
        return Verdict("Mail", "broken", says)
    return Verdict("Mail", "works", f"by {parts.hostname}, as {settings.mail_from}")


def without_password(text: str) -> str:
    """A URL as it may be shown."""
    parts = urlsplit(text)
    if not parts.password:
        return text
    return parts._replace(netloc=f"{parts.username or ''}:***@{parts.netloc.rpartition('@')[2]}").geturl()
