"""Crypto, JWT and TOTP: results other tools agree with, keys as people paste them, tokens that must not pass."""

from __future__ import annotations

import base64
import datetime as dt
import json
from typing import Any

import jwt as pyjwt
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from workflow_kernel.sdk import Binary, Item
from workflow_kernel.storage.blobs import MemoryBlobs
from workflow_kernel.testing import run_node

NOW = dt.datetime(2024, 1, 1, tzinfo=dt.UTC).timestamp()
SECRET = "a secret of thirty-two letters!!"


@pytest.fixture(scope="module")
def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def pem(key: Any) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def public_pem(key: Any) -> str:
    return (
        key.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )


def crypto(parameters: dict[str, Any], *items: Any, **options: Any) -> Any:
    return run_node("data.crypto", parameters, list(items) or [{"a": 1}], **options)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("MD5", "098f6bcd4621d373cade4e832627b4f6"),
        ("SHA256", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
        ("SHA3-256", "36f028580bb02cc8272a9a020f4200e346e276ae664e45ee80745574e2f5ab80"),
    ],
)
def test_hashes_are_the_known_ones(name: str, expected: str) -> None:
    assert crypto({"value": "test", "hash": name}).json() == [{"a": 1, "data": expected}]


def test_an_attachment_is_hashed_and_stays() -> None:
    blobs = MemoryBlobs()
    item = Item({}, {"data": Binary(blobs.put(b"test"))})
    out = crypto({"source": "file", "hash": "MD5", "encoding": "base64"}, item, blobs=blobs)
    assert out.json() == [{"data": "CY9rzUYh03PK3k6DJie09g=="}]
    assert out.items()[0].binary == item.binary
    assert "no attachment 'other'" in crypto({"source": "file", "file": "other"}, item, blobs=blobs).error


def test_a_keyed_hash_takes_its_secret_from_the_parameter_or_the_credential() -> None:
    expected = [{"a": 1, "data": "5031fe3d989c6d1537a013fa6e739da23463fdaec3b70137d828e36ace221bd0"}]
    assert crypto({"operation": "hmac", "value": "data", "secret": "key"}).json() == expected
    with_credential = {"credentials": {"crypto": {"hmacSecret": "key"}}}
    assert crypto({"operation": "hmac", "value": "data"}, **with_credential).json() == expected
    assert "secret" in crypto({"operation": "hmac", "value": "data"}).error


def test_a_signature_is_verified_by_the_public_key(rsa_key: rsa.RSAPrivateKey) -> None:
    flattened = pem(rsa_key).replace("\n", " ")
    node = {
        "operation": "sign",
        "value": "x",
        "algorithm": "RSA-SHA512",
        "private_key": flattened,
        "encoding": "base64",
    }
    signature = base64.b64decode(crypto(node).json()[0]["data"])
    rsa_key.public_key().verify(signature, b"x", padding.PKCS1v15(), hashes.SHA512())
    assert "no signature algorithm" in crypto({**node, "algorithm": "RSA-NONE"}).error
    assert "PEM" in crypto({**node, "private_key": "abc"}).error


def test_random_texts_have_the_length_and_the_letters_asked_for() -> None:
    made = crypto({"operation": "generate", "random": "hex", "length": 9}, {}, {}).json()
    assert all(len(one["data"]) == 9 and int(one["data"], 16) >= 0 for one in made)
    assert made[0] != made[1]
    assert len(crypto({"operation": "generate"}).json()[0]["data"]) == 36


def token(parameters: dict[str, Any], secret: dict[str, Any], now: float = NOW) -> Any:
    return run_node("data.jwt", parameters, [{}], credentials={"jwt": secret}, now=now)


def test_a_signed_token_is_one_other_libraries_accept() -> None:
    secret = {"keyType": "passphrase", "secret": SECRET, "algorithm": "HS256"}
    node = {"claims": {"audience": "me", "subject": "s", "expires_in": 60}, "key_id": "k1"}
    made = token(node, secret).json()[0]["token"]
    options = {"verify_exp": False, "verify_iat": False}
    assert pyjwt.decode(made, SECRET, ["HS256"], audience="me", options=options) == {
        "aud": "me", "sub": "s", "exp": int(NOW) + 60, "iat": int(NOW),
    }  # fmt: skip
    assert pyjwt.get_unverified_header(made) == {"alg": "HS256", "typ": "JWT", "kid": "k1"}


@pytest.mark.parametrize("algorithm", ["RS256", "PS384", "ES256"])
def test_tokens_are_signed_and_verified_by_keys(algorithm: str, rsa_key: rsa.RSAPrivateKey) -> None:
    key: Any = ec.generate_private_key(ec.SECP256R1()) if algorithm == "ES256" else rsa_key
    secret = {"keyType": "pemKey", "privateKey": pem(key), "publicKey": public_pem(key), "algorithm": algorithm}
    made = token({"payload": "json", "claims_json": '{"a": 1}'}, secret).json()[0]["token"]
    read = token({"operation": "verify", "token": made, "complete": True}, secret).json()[0]
    assert read["payload"] == {"a": 1, "iat": int(NOW)}
    assert read["header"] == {"alg": algorithm, "typ": "JWT"}


def test_a_token_that_was_changed_expired_or_signed_otherwise_is_refused() -> None:
    secret = {"secret": SECRET, "algorithm": "HS256"}
    made = token({"claims": {"expires_in": 60}}, secret).json()[0]["token"]
    verify = {"operation": "verify", "token": made}
    assert token(verify, secret).error == ""
    assert token(verify, {**secret, "secret": SECRET[::-1]}).error == "invalid signature"
    assert token(verify, secret, NOW + 61).error == "jwt expired"
    assert token({**verify, "ignore_expiration": True}, secret, NOW + 61).error == ""
    assert token({**verify, "clock_tolerance": 5}, secret, NOW + 61).error == ""
    assert token({**verify, "token": "a.b"}, secret).error == "jwt malformed"
    assert token({**verify, "algorithm": "HS512"}, secret).error == "invalid algorithm"
    none = ".".join(
        [*(base64.urlsafe_b64encode(json.dumps(p).encode()).decode().rstrip("=") for p in ({"alg": "none"}, {})), ""]
    )
    assert token({**verify, "token": none}, secret).error == "invalid algorithm"


def test_decoding_does_not_check_and_gives_null_for_what_is_no_token() -> None:
    secret = {"secret": SECRET, "algorithm": "HS256"}
    made = token({"payload": "json", "claims_json": {"a": "ü"}}, secret).json()[0]["token"]
    assert token({"operation": "decode", "token": made[:-3]}, secret).json()[0]["payload"]["a"] == "ü"
    assert token({"operation": "decode", "token": "nothing"}, secret).json() == [{"payload": None}]


@pytest.mark.parametrize(
    ("algorithm", "digits", "moment", "expected"),
    [("SHA1", 8, 59, "94287082"), ("SHA1", 8, 1111111109, "07081804"), ("SHA1", 6, 1111111109, "081804")],
)
def test_one_time_passwords_are_those_of_the_standard(algorithm: str, digits: int, moment: int, expected: str) -> None:
    secret = base64.b32encode(b"12345678901234567890").decode()
    found = run_node(
        "data.totp",
        {"algorithm": algorithm, "digits": digits},
        [{}],
        now=moment,
        credentials={"totp": {"secret": secret}},
    ).json()
    assert found == [{"token": expected, "secondsRemaining": 30 - moment % 30}]


def test_a_secret_that_is_no_base32_is_an_error() -> None:
    assert "base32" in str(run_node("data.totp", {}, [{}], credentials={"totp": {"secret": "1!"}}).outcome)
