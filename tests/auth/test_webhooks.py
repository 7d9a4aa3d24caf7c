"""Who may call a webhook: every kind of proof, right, wrong, missing, odd, old and replayed."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tornado.httputil import HTTPHeaders

from workflow_kernel.auth import links, webhook_signature, webhook_times
from workflow_kernel.auth.webhooks import Admitted, Call, RefusedError, check, check_guard
from workflow_kernel.sdk.webhooks import Auth, ClientCertificate, Guard, Signature, Timestamp, Token

NOW = 1_700_000_000.0
KEY = b"k" * 32
SECRET = "a shared secret of more than sixty-four bytes, as the longest hash wants one to be"
RSA = rsa.generate_private_key(65537, 2048)
EC = ec.generate_private_key(ec.SECP256R1())
PUBLIC = RSA.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
URL = "https://issuer.example.com/keys"


class World:
    """The outside: a key set, and values seen before."""

    def __init__(self) -> None:
        self.sets: list[Mapping[str, Any]] = []
        self.asked: list[bool] = []
        self.seen: set[str] = set()

    async def key_set(self, url: str, *, fresh: bool) -> Mapping[str, Any]:
        self.asked.append(fresh)
        return self.sets[min(len(self.asked), len(self.sets)) - 1]

    async def is_new(self, value: str, seconds: float) -> bool:
        is_new = value not in self.seen
        self.seen.add(value)
        return is_new

    def link_key(self) -> bytes:
        return KEY


def call(body: bytes = b"{}", query: Mapping[str, list[str]] | None = None, **more: Any) -> Call:
    headers = HTTPHeaders()
    for name, value in more.pop("headers", {}).items():
        headers[name] = value
    values = {"method": "POST", "path": "/webhook/a", "address": "203.0.113.7", "is_proxied": False, "now": NOW, **more}
    return Call(headers=headers, query=query or {}, body=body, **values)


async def admitted(request: Call, auth: Auth, secret: Any = None, world: World | None = None) -> Admitted | str:
    """What a call gets: its admission, or the status and the reason it is refused for."""
    try:
        return await check(request, auth, secret, world or World(), "hook")
    except RefusedError as error:
        assert SECRET not in error.reason
        return f"{error.status} {error.reason}"


async def is_in(request: Call, auth: Auth, secret: Any = None, world: World | None = None) -> bool:
    found = await admitted(request, auth, secret, world)
    assert isinstance(found, Admitted) or found[:3] in ("401", "403")
    return isinstance(found, Admitted)


def basic(text: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(text.encode()).decode()}


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        (basic("ada:päss"), True),
        (basic("ada:pass"), False),
        (basic("ada"), False),
        (basic(""), False),
        ({"Authorization": "Basic not base64!"}, False),
        ({"Authorization": "Basic"}, False),
        ({"Authorization": "Bearer " + base64.b64encode("ada:päss".encode()).decode()}, False),
        ({}, False),
    ],
)
async def test_user_and_password(headers: dict[str, str], expected: bool) -> None:
    secret = {"type": "http.basic", "user": "ada", "password": "päss"}
    assert await is_in(call(headers=headers), Auth(kind="basic"), secret) is expected


async def test_the_header_that_held_the_secret_is_named_so_that_it_can_be_left_out() -> None:
    found = await admitted(call(headers=basic("a:b")), Auth(kind="basic"), {"user": "a", "password": "b"})
    assert found == Admitted(headers=frozenset({"authorization"}))
    found = await admitted(
        call(query={"Key": ["x"]}), Auth(kind="query"), {"type": "http.query", "name": "Key", "value": "x"}
    )
    assert found == Admitted(query=frozenset({"key"}))


@pytest.mark.parametrize(
    ("kind", "headers", "query", "expected"),
    [
        ("header", {"x-key": "s3cret"}, {}, True),
        ("header", {"X-Key": "s3cret "}, {}, False),
        ("header", {"X-Key": "S3cret"}, {}, False),
        ("header", {"X-Key": ""}, {}, False),
        ("header", {}, {"X-Key": ["s3cret"]}, False),
        ("query", {}, {"X-Key": ["s3cret"]}, True),
        ("query", {}, {"X-Key": ["s3cret", "s3cret"]}, False),
        ("query", {}, {"X-Key": [""]}, False),
        ("query", {"X-Key": "s3cret"}, {}, False),
    ],
)
async def test_a_key_in_a_header_or_the_query(
    kind: Any, headers: dict[str, str], query: dict[str, list[str]], expected: bool
) -> None:
    secret = {"type": f"http.{kind}", "name": "X-Key", "value": "s3cret"}
    assert await is_in(call(headers=headers, query=query), Auth(kind=kind), secret) is expected


@pytest.mark.parametrize(
    ("sent", "expected"),
    [("Bearer t0ken", True), ("bearer  t0ken", True), ("t0ken", False), ("Bearer", False), ("Bearer t0ken2", False)],
)
async def test_a_bearer_token(sent: str, expected: bool) -> None:
    secret = {"type": "http.bearer", "token": "t0ken"}
    assert await is_in(call(headers={"Authorization": sent}), Auth(kind="bearer"), secret) is expected


@pytest.mark.parametrize("kind", ["basic", "header", "query", "bearer", "jwt", "signature"])
async def test_without_a_credential_or_with_another_type_nobody_may_call(kind: Any) -> None:
    assert await admitted(call(), Auth(kind=kind)) == (
        "403 the credential that callers must know is missing or of another type"
    )
    assert not await is_in(call(), Auth(kind=kind), {"type": "aws", "name": "a", "value": ""})


async def test_an_empty_secret_lets_nobody_in() -> None:
    secret = {"type": "http.header", "name": "X-Key", "value": ""}
    assert not await is_in(call(headers={"X-Key": ""}), Auth(kind="header"), secret)


# Tokens.


def token(key: Any = SECRET, algorithm: str = "HS256", headers: dict[str, Any] | None = None, **claims: Any) -> str:
    body = {"sub": "ada", "exp": NOW + 60, **claims}
    return jwt.encode(
        {name: value for name, value in body.items() if value is not None}, key, algorithm, headers=headers
    )


def with_token(sent: str) -> Call:
    return call(headers={"Authorization": f"Bearer {sent}"})


HS = {"type": "jwt", "algorithm": "HS256", "secret": SECRET}
RS = {"type": "jwt", "algorithm": "RS256", "public_key": PUBLIC}


async def test_a_token_signed_by_the_secret_counts_and_says_its_claims() -> None:
    found = await admitted(with_token(token(role="x")), Auth(kind="jwt"), HS)
    assert isinstance(found, Admitted) and found.claims is not None
    assert found.claims["role"] == "x" and found.headers == {"authorization"}
    assert await is_in(with_token(token(RSA, "RS256")), Auth(kind="jwt"), RS)
    other = Auth(kind="jwt", token=Token(header="X-Token"))
    assert await is_in(call(headers={"X-Token": token()}), other, HS)


@pytest.mark.parametrize(
    "sent",
    [
        token("another " + SECRET),
        token(algorithm="HS512"),
        token(exp=NOW - 60),
        token(exp=None),
        token(exp=True),
        token(exp="soon"),
        token(nbf=NOW + 60),
        token(iat=NOW + 60),
        token() + "x",
        token()[:-10],
        "a.b.c",
        "",
        "x" * 20_000,
    ],
    ids=range(13),
)
async def test_a_token_that_is_wrong_old_or_none_does_not_count(sent: str) -> None:
    assert not await is_in(with_token(sent), Auth(kind="jwt"), HS)


async def test_a_token_that_names_no_algorithm_or_signs_with_the_public_key_does_not_count() -> None:
    unsigned = jwt.encode({"sub": "ada", "exp": NOW + 60}, None, "none")  # type: ignore[arg-type]
    assert not await is_in(with_token(unsigned), Auth(kind="jwt"), HS)
    assert not await is_in(with_token(unsigned), Auth(kind="jwt"), RS)
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (
        {"alg": "HS256", "typ": "JWT"}, {"sub": "ada", "exp": NOW + 60},
    )]  # fmt: skip
    signed = b".".join(parts)
    forged = signed + b"." + base64.urlsafe_b64encode(hmac.digest(PUBLIC.encode(), signed, "sha256")).rstrip(b"=")
    assert not await is_in(with_token(forged.decode()), Auth(kind="jwt"), RS)
    assert not await is_in(with_token(forged.decode()), Auth(kind="jwt"), {**HS, "secret": PUBLIC})


async def test_issuer_and_audience_must_be_those_asked_for() -> None:
    auth = Auth(kind="jwt", token=Token(issuer="https://me", audience="orders"))
    assert await is_in(with_token(token(iss="https://me", aud=["orders", "b"])), auth, HS)
    for claims in ({"iss": "https://me"}, {"iss": "https://you", "aud": "orders"}, {"iss": "https://me", "aud": "b"}):
        assert not await is_in(with_token(token(**claims)), auth, HS)
    assert await is_in(with_token(token(iss="anybody", aud="anything")), Auth(kind="jwt"), HS)


def jwk(key: Any, name: str, **more: Any) -> dict[str, Any]:
    algorithm = (
        jwt.algorithms.ECAlgorithm if isinstance(key, ec.EllipticCurvePrivateKey) else jwt.algorithms.RSAAlgorithm
    )
    return {**json.loads(algorithm.to_jwk(key.public_key())), "kid": name, **more}


BY_URL = Auth(kind="jwt", token=Token(jwks_url=URL))


async def test_keys_come_from_the_issuers_set_which_is_fetched_anew_for_a_key_not_known() -> None:
    world = World()
    world.sets = [{"keys": [jwk(RSA, "old")]}, {"keys": [jwk(RSA, "old"), jwk(EC, "new")]}]
    assert await is_in(with_token(token(RSA, "RS256", {"kid": "old"})), BY_URL, None, world)
    assert world.asked == [False]
    assert await is_in(with_token(token(EC, "ES256", {"kid": "new"})), BY_URL, None, world)
    assert await is_in(with_token(token(RSA, "RS256", {"kid": "other"})), BY_URL, None, world) is False
    assert world.asked[-2:] == [False, True]


async def test_a_set_that_holds_a_secret_or_a_key_for_something_else_lets_nobody_in() -> None:
    world = World()
    secret = {"kty": "oct", "k": base64.urlsafe_b64encode(SECRET.encode()).decode(), "kid": "a", "alg": "HS256"}
    for keys in ([secret], [jwk(RSA, "a", use="enc")], [jwk(RSA, "a"), jwk(EC, "a")], [], [{"kid": "a"}], ["odd"]):
        world.sets = [{"keys": keys}]
        for key, algorithm in ((SECRET, "HS256"), (RSA, "RS256")):
            assert not await is_in(with_token(token(key, algorithm, {"kid": "a"})), BY_URL, None, world)
    pinned = Auth(kind="jwt", token=Token(jwks_url=URL, algorithms=["ES256"]))
    world.sets = [{"keys": [jwk(RSA, "a")]}]
    assert not await is_in(with_token(token(RSA, "RS256", {"kid": "a"})), pinned, None, world)


# Signatures.

SIGNING = {"type": "webhook.secret", "secret": SECRET}
CUSTOM = Signature(header="X-Sign", prefix="v1=", timestamp_header="X-Time", template="{timestamp}.{body}", once=True)
WAYS = [
    Signature(scheme="github"),
    Signature(scheme="slack"),
    Signature(scheme="stripe"),
    Signature(scheme="shopify"),
    Signature(scheme="standard_webhooks"),
    Signature(algorithm="sha1", encoding="base64"),
    Signature(algorithm="sha512", template="{nonce}|{body}", nonce_header="X-Nonce"),
    CUSTOM,
]


@pytest.mark.parametrize("rules", WAYS, ids=lambda rules: f"{rules.scheme}-{rules.algorithm}")
@pytest.mark.parametrize("body", [b"", b'{"a": 1}', b"\x00\xff{body}{timestamp}"])
async def test_signed_requests(rules: Signature, body: bytes) -> None:
    auth = Auth(kind="signature", signature=rules)
    headers = webhook_signature.sign(body, rules, SECRET, timestamp=str(int(NOW) - 100), nonce="n1")
    assert await is_in(call(body, headers=headers), auth, SIGNING)
    assert not await is_in(call(body + b" ", headers=headers), auth, SIGNING)
    assert not await is_in(call(body, headers=headers), auth, {"secret": "another"})
    for name in headers:
        without = {other: value for other, value in headers.items() if other != name}
        assert not await is_in(call(body, headers=without), auth, SIGNING)
        assert not await is_in(call(body, headers={**headers, name: headers[name][:-1]}), auth, SIGNING)
        assert not await is_in(call(body, headers={**headers, name: "ü"}), auth, SIGNING)
    if webhook_signature.form_of(rules).is_timed:
        assert not await is_in(call(body, headers=headers, now=NOW + 300), auth, SIGNING)
        assert not await is_in(call(body, headers=headers, now=NOW - 900), auth, SIGNING)


async def test_signatures_are_those_of_the_services() -> None:
    digest = hmac.new(SECRET.encode(), b"body", hashlib.sha256)
    assert webhook_signature.sign(b"body", Signature(scheme="github"), SECRET) == {
        "X-Hub-Signature-256": f"sha256={digest.hexdigest()}"
    }
    stripe = webhook_signature.sign(b"body", Signature(scheme="stripe"), SECRET, timestamp="7")["Stripe-Signature"]
    assert stripe == "t=7,v1=" + hmac.new(SECRET.encode(), b"7.body", hashlib.sha256).hexdigest()
    # The example of standardwebhooks.com's own libraries.
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE= v2,AAAA",
    }
    secret = {"secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}
    auth = Auth(kind="signature", signature=Signature(scheme="standard_webhooks"))
    request = call(b'{"test": 2432232314}', headers=headers, now=1614265330.0)
    assert await is_in(request, auth, secret)


async def test_a_signed_request_counts_once_where_that_is_asked() -> None:
    world, auth = World(), Auth(kind="signature", signature=CUSTOM)
    headers = webhook_signature.sign(b"x", CUSTOM, SECRET, timestamp=str(NOW))
    forged = {**headers, "X-Sign": "v1=" + "0" * 64}
    assert not await is_in(call(b"x", headers=forged), auth, SIGNING, world)
    assert await is_in(call(b"x", headers=headers), auth, SIGNING, world)
    assert not await is_in(call(b"x", headers=headers), auth, SIGNING, world)
    later = webhook_signature.sign(b"x", CUSTOM, SECRET, timestamp=str(NOW + 1))
    assert await is_in(call(b"x", headers=later), auth, SIGNING, world)
    nonce = Signature(nonce_header="X-Nonce", template="{nonce}{body}")
    auth = Auth(kind="signature", signature=nonce)
    for body, expected in ((b"1", True), (b"2", False)):
        headers = webhook_signature.sign(body, nonce, SECRET, nonce="same")
        assert await is_in(call(body, headers=headers), auth, SIGNING, world) is expected


# URLs, certificates, addresses, times.


async def test_a_signed_url_counts_for_its_path_until_its_time() -> None:
    auth, until = Auth(kind="signed_url"), int(NOW) + 60
    signature = links.webhook_signature(KEY, "/webhook/a", until)
    query = {"expires": [str(until)], "signature": [signature]}
    assert await is_in(call(query=query), auth)
    assert not await is_in(call(query=query, path="/webhook/b"), auth)
    assert not await is_in(call(query=query, now=NOW + 60), auth)
    for changed in ({"expires": [str(until + 1)]}, {"signature": ["x"]}, {"expires": []}, {"expires": ["²"]},
                    {"signature": [signature] * 2}, {"expires": ["-1"]}, {"expires": ["9" * 5000]}):  # fmt: skip
        assert not await is_in(call(query={**query, **changed}), auth)
    assert not await is_in(call(), auth)


async def test_a_client_certificate_counts_only_from_a_trusted_proxy() -> None:
    auth = Auth(kind="client_certificate", certificate=ClientCertificate(subjects=["CN=ada"]))
    headers = {"X-SSL-Client-Verify": "SUCCESS", "X-SSL-Client-S-DN": "CN=ada"}
    assert await is_in(call(headers=headers, is_proxied=True), auth)
    assert not await is_in(call(headers=headers), auth)
    assert not await is_in(call(headers={**headers, "X-SSL-Client-Verify": "NONE"}, is_proxied=True), auth)
    assert not await is_in(call(headers={**headers, "X-SSL-Client-S-DN": "CN=eve"}, is_proxied=True), auth)
    assert not await is_in(call(is_proxied=True), auth)


@pytest.mark.parametrize(
    ("address", "expected"),
    [("203.0.113.7", True), ("203.0.114.7", False), ("::ffff:203.0.113.7", True), ("2001:db8::1", True),
     ("2001:db9::1", False), ("", False), ("unknown", False), ("10.0.0.1", True)],
)  # fmt: skip
def test_addresses_that_may_call(address: str, expected: bool) -> None:
    guard = Guard(addresses=["203.0.113.0/24", "2001:db8::/32", "10.0.0.1", "nonsense"])
    assert passes(call(address=address), guard) is expected


def test_a_list_of_nothing_but_nonsense_lets_nobody_in() -> None:
    assert not passes(call(), Guard(addresses=["nonsense"]))


def passes(request: Call, guard: Guard) -> bool:
    try:
        check_guard(request, guard)
    except RefusedError:
        return False
    return True


def test_crawlers_are_refused_where_that_is_asked() -> None:
    agent = {"User-Agent": "Mozilla/5.0 (compatible; Googlebot/2.1)"}
    assert passes(call(headers=agent), Guard())
    assert not passes(call(headers=agent), Guard(ignore_bots=True))
    assert passes(call(headers={"User-Agent": "curl/8"}), Guard(ignore_bots=True))


@pytest.mark.parametrize(
    ("sent", "expected"),
    [(str(NOW), True), (str(int(NOW * 1000)), True), ("2023-11-14T22:13:20Z", True), ("2023-11-14T22:13:20", False),
     ("Tue, 14 Nov 2023 22:13:20 GMT", True), (str(NOW - 301), False), (str(NOW + 301), False), ("", False),
     ("soon", False), ("nan", False), ("-1700000000", False), ("1e9", False), ("\u0661700000000", False)],
)  # fmt: skip
def test_the_time_a_request_was_sent(sent: str, expected: bool) -> None:
    guard = Guard(timestamp=Timestamp(header="X-Time", tolerance=300))
    headers = {"X-Time": sent} if sent.isascii() else {"X-Time": sent.encode().decode("latin-1")}
    assert passes(call(headers=headers), guard) is expected


def test_times_are_read_however_they_are_written() -> None:
    assert webhook_times.read(" 1700000000 ") == NOW
    assert webhook_times.read("Tue, 14 Nov 2023 23:13:20 +0100") == NOW


def test_keys_of_links_keep_their_uses_apart() -> None:
    assert links.form_token(KEY, "a", "b") != links.form_token(KEY, "ab", "")
    assert not links.is_form_token(KEY, links.form_token(KEY, "a", ""), "a", "")
