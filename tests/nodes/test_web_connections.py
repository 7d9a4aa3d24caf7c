"""Proxies, certificates and stopping early, of the HTTP request node."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
import threading
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.nodes.servers import Answer, Seen, WebServer, web_server
from workflow_kernel.testing import NodeResult, run_node


def call(url: str, *items: Any, options: dict[str, Any] | None = None, **parameters: Any) -> NodeResult:
    return run_node("web.http_request", {"url": url, **parameters}, list(items) or [{}], **(options or {}))


@pytest.fixture(scope="module")
def identity() -> dict[str, str]:
    """A key and a certificate for it that signs itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = datetime.datetime.now(datetime.UTC)
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now).not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return {"key": pem.decode(), "certificate": certificate.public_bytes(serialization.Encoding.PEM).decode()}


def context(identity: dict[str, str], folder: Path) -> ssl.SSLContext:
    (folder / "all.pem").write_text(identity["key"] + identity["certificate"])
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(folder / "all.pem")
    return made


def test_an_unknown_certificate_is_refused_unless_told(identity: dict[str, str], tmp_path: Path) -> None:
    with web_server(context(identity, tmp_path)) as server:
        assert "certificate verify failed" in call(server.url).error.lower()
        assert call(server.url, ignore_tls=True).json()[0]["method"] == "GET"


def test_a_client_certificate_is_shown(identity: dict[str, str], tmp_path: Path) -> None:
    tls = context(identity, tmp_path)
    tls.verify_mode = ssl.CERT_REQUIRED
    tls.load_verify_locations(cadata=identity["certificate"])
    credential = {**identity, "authority": identity["certificate"]}
    with web_server(tls) as server:
        assert call(server.url, options={"credentials": {"tls": credential}}).json()[0]["method"] == "GET"
        assert call(server.url, ignore_tls=True).error
    broken = {"credentials": {"tls": {"key": "no", "certificate": "no"}}}
    assert "client certificate cannot be read" in call("https://127.0.0.1:9", options=broken).error


def test_requests_go_through_a_proxy(web: WebServer) -> None:
    for proxy in (web.url, web.url.removeprefix("http://")):
        (row,) = call("http://example.invalid/x?a=1", proxy=proxy).json()
        assert row["target"] == "http://example.invalid/x?a=1"


def test_a_bad_proxy_is_told() -> None:
    assert "proxy's address" in call("http://example.invalid", proxy="gopher://x").error


def test_a_failure_stops_the_requests_under_way(web: WebServer) -> None:
    release = threading.Event()

    def wait(seen: Seen) -> Answer:
        release.wait(10)
        return Answer({})

    web.answers["/bad"] = Answer(b"", 400)
    web.answers["/slow"] = wait
    result = call(f"={web.url}/{{{{ $json.p }}}}", {"p": "bad"}, *[{"p": "slow"}] * 3)
    release.set()
    assert "answered 400" in result.error


def test_groups_of_items_are_sent_with_pauses(web: WebServer) -> None:
    batching = {"size": 2, "interval": 0.01}
    result = call(f"={web.url}/{{{{ $json.n }}}}", *({"n": n} for n in range(5)), batching=batching)
    assert [row["target"] for row in result.json()] == [f"/{n}" for n in range(5)]


def test_a_credential_that_cannot_be_read_does_not_show_itself(web: WebServer) -> None:
    options = {"credentials": {"auth": {"user": ["hush-hush"], "password": {"hush": 1}}}}
    error = call(web.url, options=options).error
    assert "cannot be read" in error
    assert "hush" not in error
