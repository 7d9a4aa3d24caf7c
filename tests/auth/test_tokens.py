"""Access tokens: one algorithm, required claims, no confusion of keys; random secrets; waits that grow."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import jwt
import msgspec
import pyotp
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from tests.auth.forge import forged
from workflow_kernel.auth import factors, passwords, throttle, tokens
from workflow_kernel.base.errors import NotSignedInError, WorkflowError

SECRET = b"a secret of more than thirty-two bytes"


def pem(key: Any) -> bytes:
    made: bytes = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return made


RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
KEYS = {"HS256": SECRET, "RS256": pem(RSA), "ES256": pem(ec.generate_private_key(ec.SECP256R1()))}


def claims(minutes: int = 60) -> tokens.Claims:
    allowed = frozenset({"workflow.read", "account.own"})
    return tokens.claims_for(uuid4(), "ada@example.com", "editor", allowed, session=uuid4(), minutes=minutes)


@pytest.mark.parametrize("algorithm", KEYS)
def test_a_token_says_what_it_was_made_to_say(algorithm: str) -> None:
    signer, said = tokens.Signer(algorithm, KEYS[algorithm]), claims()
    token = signer.sign(said)
    assert signer.read(token) == said
    body = jwt.decode(token, options={"verify_signature": False})
    assert {"sub", "email", "role", "permissions", "jti", "iat", "exp"} <= set(body)
    assert body["permissions"] == ["account.own", "workflow.read"]
    assert body["exp"] - body["iat"] == 3600


def body_of(said: tokens.Claims, **more: Any) -> dict[str, Any]:
    body: dict[str, Any] = msgspec.to_builtins(said)
    return body | {"iss": "workflow"} | more


def test_a_token_signed_otherwise_does_not_count() -> None:
    by_secret, by_key = tokens.Signer("HS256", SECRET), tokens.Signer("RS256", KEYS["RS256"])
    public = RSA.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    good = body_of(claims())
    tokens_of_others = [
        forged(good),
        forged(good, public),
        jwt.encode(good, b"x" * 64, algorithm="HS256"),
        jwt.encode(good, SECRET + b"x" * 64, algorithm="HS512"),
        "rubbish", "", "a.b.c",
    ]  # fmt: skip
    for token in tokens_of_others:
        for signer in (by_secret, by_key):
            with pytest.raises(NotSignedInError):
                signer.read(token)


@pytest.mark.parametrize(
    "more", [{"exp": 1}, {"iss": "else"}, {"sub": "no id"}, {"sid": None}, {"jti": None}, {"iat": 9999999999}],
    ids=lambda more: next(iter(more)),
)  # fmt: skip
def test_a_token_with_wrong_claims_does_not_count(more: dict[str, Any]) -> None:
    body = {name: value for name, value in body_of(claims(), **more).items() if value is not None}
    with pytest.raises(NotSignedInError) as found:
        tokens.Signer("HS256", SECRET).read(jwt.encode(body, SECRET, algorithm="HS256"))
    assert found.value.code == "WF711"


@pytest.mark.parametrize(
    ("algorithm", "key"),
    [
        ("HS256", b"short"),
        ("HS256", KEYS["RS256"]),
        ("RS256", SECRET),
        ("RS256", KEYS["ES256"]),
        ("ES256", KEYS["RS256"]),
    ],
)
def test_a_key_that_does_not_fit_is_refused(algorithm: str, key: bytes) -> None:
    with pytest.raises(WorkflowError) as found:
        tokens.Signer(algorithm, key)
    assert found.value.code == "WF719"
    assert key.decode() not in str(found.value)


def test_a_handle_is_read_only_when_whole() -> None:
    handle = tokens.Handle(uuid4(), tokens.new_secret())
    assert tokens.read_handle(str(handle)) == handle
    assert handle.secret not in repr(handle)
    for text in ("", ".", "x", f"{handle.session.hex}.", f"{handle.session}.{handle.secret}", f"{'g' * 32}.{'x' * 40}"):
        assert tokens.read_handle(text) is None


def test_waits_grow_from_the_fifth_failure_up_to_an_hour() -> None:
    assert throttle.SIGN_IN.waits() == [0, 0, 0, 0, 30, 60, 120, 240, 480, 960, 1920, 3600]


def test_a_code_counts_for_a_while_but_not_again() -> None:
    secret, at = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", 1_111_111_109.0
    step = int(at // 30)
    code = pyotp.TOTP(secret).generate_otp(step)
    for drift in (-30, 0, 30):
        assert factors.matching_step(secret, f"{code[:3]} {code[3:]}", after=None, at=at + drift) == step
    for drift in (-90, 90):
        assert factors.matching_step(secret, code, after=None, at=at + drift) is None
    assert factors.matching_step(secret, code, after=step, at=at) is None
    assert factors.matching_step(secret, "\uff11" * 6, after=None, at=at) is None


async def test_a_hash_is_of_the_cost_that_is_set() -> None:
    some = passwords.Passwords(4)
    hashed = await some.hash("seven brown otters")
    assert hashed.startswith("$2b$04$")
    assert await some.matches("seven brown otters", hashed)
    assert not await some.matches("seven brown otters", None)
    assert passwords.Passwords(5).is_outdated(hashed)
