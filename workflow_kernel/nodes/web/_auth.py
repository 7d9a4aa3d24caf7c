"""Signing in: makes an ``httpx.Auth`` from parameters and the credential in the slot ``auth``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

import httpx

from workflow_kernel.nodes.web import _sign
from workflow_kernel.nodes.web._added import AddedFields
from workflow_kernel.nodes.web._models import Auth
from workflow_kernel.sdk import Context, NodeError

_ALIASES = {
    "username": "user", "accessToken": "token", "access_token": "token", "oauthToken": "token",
    "clientId": "client_id", "consumerKey": "client_id", "accessKeyId": "client_id", "access_key_id": "client_id",
    "clientSecret": "client_secret", "consumerSecret": "client_secret", "secretAccessKey": "client_secret",
    "secret_access_key": "client_secret", "accessTokenUrl": "token_url", "sessionToken": "token",
    "tokenSecret": "token_secret", "oauthTokenSecret": "token_secret",
}  # fmt: skip
"""Names other programs give the same values."""

_NEEDED = {
    "basic": ("user",), "digest": ("user",), "bearer": ("token",), "header": ("name", "value"),
    "query": ("name", "value"), "oauth1": ("client_id", "client_secret"),
    "oauth2": ("token_url", "client_id", "client_secret"),
    "aws": ("client_id", "client_secret", "region", "service"),
}  # fmt: skip


KINDS = {
    "http.basic": "basic", "http.digest": "digest", "http.bearer": "bearer", "http.header": "header",
    "http.query": "query", "http.custom": "custom", "oauth1": "oauth1", "oauth2.client_credentials": "oauth2",
    "oauth2.authorization_code": "oauth2", "aws": "aws",
}  # fmt: skip
"""How a credential of each type signs in."""


class SignIn(NamedTuple):
    """How one request signs in.

    Parameters
    ----------
    auth: does it; None leaves the client's own way. headers: names it sets, to be dropped on the way to another host.
    secrets: values that must not show up in messages. hosts: those it is for, e.g. ``*.example.com``; any when empty.
    in_body: whether it puts secrets into the body.
    """

    auth: httpx.Auth | None = None
    headers: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    in_body: bool = False


def sign_in(given: Auth, ctx: Context, client: httpx.AsyncClient) -> SignIn:
    """How a request signs in.

    Raises
    ------
    NodeError: a field the kind needs is missing.
    """
    credential = ctx.credential("auth")
    found = sign_in_by(filled(given, credential), ctx.now, client)
    if credential is None:
        return found
    if credential.get("type") == "oauth2.authorization_code":

        async def newer(used: str) -> str:
            return str((await ctx.newer_credential("auth", {**credential, "token": used}))["token"])

        found = found._replace(auth=_sign.RenewedToken(str(credential.get("token")), newer))
    return found._replace(hosts=tuple(credential.get("allowed_hosts") or ()))


def sign_in_by(auth: Auth, now: _sign.Clock, client: httpx.AsyncClient) -> SignIn:
    """The same, for a way that is complete."""
    missing = [name for name in _NEEDED.get(auth.kind, ()) if not getattr(auth, name)]
    if auth.kind == "oauth2" and auth.token:
        missing = []
    if missing:
        raise NodeError(
            f"Sign-in '{auth.kind}' needs '{missing[0]}'.", mend="Choose a credential that has it, or fill it in."
        )
    secrets = tuple(
        text
        for text in (auth.password, auth.token, auth.refresh_token, auth.token_secret, auth.value, auth.client_secret,
                     *auth.headers.values(), *map(str, auth.query.values()), *map(str, auth.body.values()))
        if text
    )  # fmt: skip
    made, headers = _made(auth, now, client)
    return SignIn(made, headers, secrets, in_body=auth.kind == "custom" and bool(auth.body))


def _made(auth: Auth, now: _sign.Clock, client: httpx.AsyncClient) -> tuple[httpx.Auth | None, tuple[str, ...]]:
    match auth.kind:
        case "none":
            return None, ()
        case "basic":
            return httpx.BasicAuth(auth.user, auth.password), ("authorization",)
        case "digest":
            return httpx.DigestAuth(auth.user, auth.password), ("authorization",)
        case "bearer":
            return AddedFields({"authorization": f"Bearer {auth.token}"}, {}), ("authorization",)
        case "header":
            return AddedFields({auth.name: auth.value}, {}), (auth.name,)
        case "query":
            return AddedFields({}, {auth.name: auth.value}), ()
        case "custom":
            return AddedFields(auth.headers, auth.query, auth.body), tuple(auth.headers)
        case "oauth1":
            return _sign.OAuth1(auth.client_id, auth.client_secret, auth.token, auth.token_secret, now()), (
                "authorization",
            )
        case "aws":
            return _sign.AwsSignature(auth, now()), ("authorization", "x-amz-security-token")
        case "oauth2":
            if auth.token and not (auth.token_url and auth.client_id):
                return AddedFields({"authorization": f"Bearer {auth.token}"}, {}), ("authorization",)
            return _sign.FetchedToken(client, token_grant(auth), now, auth.token), ("authorization",)


def token_grant(auth: Auth) -> _sign.TokenGrant:
    """How a token is asked for by OAuth 2."""
    fields = {"scope": auth.scope, "audience": auth.audience}
    if auth.refresh_token:
        fields = {"grant_type": "refresh_token", "refresh_token": auth.refresh_token}
    return _sign.TokenGrant(auth.token_url, auth.client_id, auth.client_secret, fields, auth.client_in == "body")


def filled(given: Auth, credential: Mapping[str, Any] | None) -> Auth:
    """How a request signs in, with what the credential says of it.

    Raises
    ------
    NodeError: the credential cannot be read.
    """
    if credential is None:
        return given
    values = {_ALIASES.get(key, key): value for key, value in credential.items() if value is not None}
    stored = values.pop("oauthTokenData", None)
    if isinstance(stored, Mapping) and stored.get("access_token"):
        values["token"] = stored["access_token"]
        values["refresh_token"] = stored.get("refresh_token") or ""
    if values.get("authentication") == "body":
        values["client_in"] = "body"
    try:
        custom = json.loads(values["json"]) if isinstance(values.get("json"), str) else values.get("json")
        if isinstance(custom, Mapping):
            body = custom.get("body")
            values |= {"headers": custom.get("headers", {}), "query": custom.get("qs", {}), "body": body or {}}
        known = {
            key: str(value) if isinstance(value, int | float) else value
            for key, value in values.items()
            if key in Auth.model_fields
        }
        own = given.model_dump(exclude_unset=True)
        typed = KINDS.get(str(credential.get("type")))
        if typed is not None:  # it is complete: a node may say what for, and not where to
            own = {name: value for name, value in own.items() if name in ("region", "service")}
            known = {name: value for name, value in known.items() if value or name not in own}
        merged = own | known
        kind = typed or merged.get("kind", "none")
        merged["kind"] = kind if kind != "none" else _guessed(known)
        return Auth.model_validate(merged)
    except ValueError:
        # what is wrong is not shown: it may be the secret itself
        raise NodeError(
            "The credential for 'auth' cannot be read.", mend="Open the credential and save it again."
        ) from None


def _guessed(values: Mapping[str, Any]) -> str:
    """The kind of a credential that does not say it."""
    if "token_url" in values:
        return "oauth2"
    if "client_id" in values:
        return "aws" if "region" in values else "oauth1"
    if "user" in values:
        return "basic"
    if "value" in values:
        return "header"
    if "token" in values:
        return "bearer"
    return "custom" if "headers" in values or "query" in values else "none"
