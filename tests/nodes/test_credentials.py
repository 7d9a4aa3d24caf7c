"""Credentials of every type in the nodes that use them, as leases give them."""

from __future__ import annotations

import hashlib
import hmac as hmac_module
import re
from base64 import b64encode
from collections.abc import Mapping
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from psycopg.conninfo import conninfo_to_dict

from tests.nodes.servers import Answer, Seen, WebServer
from workflow_kernel.interchange.n8n import N8nImporter
from workflow_kernel.runs.outcome import Done, Failed
from workflow_kernel.sdk import NodeError
from workflow_kernel.sdk.credentials import CredentialType, CredentialTypes, check, credential_type
from workflow_kernel.sdk.registry import Registry
from workflow_kernel.testing import NodeResult, run_node
from workflow_kernel.worker.secrets import Secret

TYPES = CredentialTypes()


def leased(kind: str, grant: Mapping[str, Any] | None = None, **values: Any) -> Secret:
    """What a node gets of a credential."""
    found = TYPES.find(kind)
    return Secret({"type": kind, **check(found, values).for_nodes(grant)}, found.secret_fields())


def request(web: WebServer, secret: Mapping[str, Any], path: str = "/x", **parameters: Any) -> NodeResult:
    given = {"url": web.url + path, **parameters}
    return run_node("web.http_request", given, [{}], credentials={"auth": secret}, **parameters.pop("options", {}))


@pytest.mark.parametrize(
    ("kind", "values", "header", "expected"),
    [
        ("http.basic", {"user": "ann", "password": "sesame"}, "authorization",
         f"Basic {b64encode(b'ann:sesame').decode()}"),
        ("http.bearer", {"token": "0123456789"}, "authorization", "Bearer 0123456789"),
        ("http.header", {"name": "X-Api-Key", "value": "0123456789"}, "x-api-key", "0123456789"),
    ],
)  # fmt: skip
def test_it_signs_requests_in_and_does_not_come_back(
    web: WebServer, kind: str, values: dict[str, Any], header: str, expected: str
) -> None:
    result = request(web, leased(kind, **values), auth={"kind": "bearer", "token": "of the node"})
    assert web.seen[0].headers[header] == expected
    (echoed,) = result.json()
    assert "***" in echoed["headers"][header]
    assert not re.search("sesame|0123456789", str(echoed))


def test_a_key_in_the_query(web: WebServer) -> None:
    (echoed,) = request(web, leased("http.query", name="key", value="a b/c&d=e"), "/x?a=1").json()
    assert web.seen[0].query == {"a": ["1"], "key": ["a b/c&d=e"]}
    assert echoed["target"] == "/x?a=1&key=***"


def test_digest(web: WebServer) -> None:
    def guard(seen: Seen) -> Answer:
        given = dict(re.findall(r'(\w+)="?([^",]+)"?', seen.headers.get("authorization", "")))
        if not given:
            return Answer(b"", 401, {"WWW-Authenticate": 'Digest realm="r", nonce="n", qop="auth", algorithm=SHA-256'})

        def digest(text: str) -> str:
            return hashlib.sha256(text.encode()).hexdigest()

        first, second = digest("ann:r:sesame"), digest("GET:/x")
        expected = digest(f"{first}:n:{given['nc']}:{given['cnonce']}:auth:{second}")
        return Answer({"in": given["response"] == expected})

    web.answers["/x"] = guard
    assert request(web, leased("http.digest", user="ann", password="sesame")).json() == [{"in": True}]


def test_headers_query_and_body_of_a_custom_credential(web: WebServer) -> None:
    secret = leased("http.custom", headers={"X-A": "header-1"}, query={"q": "query-22"}, body={"key": "body-333"})
    body = {"kind": "json", "fields": {"n": 1, "key": "the node's"}}
    result = request(web, secret, method="POST", body=body)
    seen = web.seen[-1]
    assert (seen.headers["x-a"], seen.query, seen.json()) == (
        "header-1", {"q": ["query-22"]}, {"n": 1, "key": "body-333"},
    )  # fmt: skip
    assert "body-333" not in str(result.json()) and "query-22" not in str(result.json())
    request(web, secret, method="POST", body={"kind": "form", "fields": {"n": 1}}).json()
    assert web.seen[-1].body == b"n=1&key=body-333"
    request(web, secret, method="POST").json()
    assert web.seen[-1].json() == {"key": "body-333"}
    assert "not a JSON object" in request(web, secret, method="POST", body={"kind": "text", "content": "hi"}).error


def test_a_body_with_secrets_is_not_redirected_to_another_host(web: WebServer) -> None:
    secret = leased("http.custom", body={"key": "body-333"})
    other = web.url.replace("127.0.0.1", "localhost")
    web.answers["/x"] = Answer(b"", 307, {"Location": f"{other}/y"})
    assert "redirected to 'localhost'" in request(web, secret, method="POST").error
    assert [seen.path for seen in web.seen] == ["/x"]


def test_oauth_1(web: WebServer) -> None:
    values = {"client_id": "ck", "client_secret": "client secret", "token": "tttt", "token_secret": "token secret"}
    request(web, leased("oauth1", **values)).json()
    header = web.seen[0].headers["authorization"]
    assert header.startswith("OAuth ") and 'oauth_consumer_key="ck"' in header and 'oauth_token="tttt"' in header


def test_aws(web: WebServer) -> None:
    secret = leased("aws", client_id="AKIDEXAMPLE", client_secret="wJalrXUtnFEMI", region="eu-central-1")
    request(web, secret, auth={"service": "s3"}).json()
    header = web.seen[0].headers["authorization"]
    assert header.startswith("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/") and "/eu-central-1/s3/aws4_request" in header


def test_client_credentials(web: WebServer) -> None:
    web.answers["/token"] = Answer({"access_token": "fetched-token", "expires_in": 60})
    values = {"client_id": "us", "client_secret": "client secret", "token_url": f"{web.url}/token", "scope": "a"}
    request(web, leased("oauth2.client_credentials", **values)).json()
    assert [seen.path for seen in web.seen] == ["/token", "/x"]
    assert web.seen[1].headers["authorization"] == "Bearer fetched-token"


def test_a_token_of_consent(web: WebServer) -> None:
    values = {"client_id": "us", "token_url": "https://a.example/token", "authorization_url": "https://a.example/a"}
    secret = leased("oauth2.authorization_code", {"access_token": "access-token", "refresh_token": "r"}, **values)
    assert secret == {"type": "oauth2.authorization_code", "token": "access-token", "allowed_hosts": []}
    request(web, secret, auth={"kind": "oauth2", "token_url": "https://evil.example", "client_id": "x"}).json()
    assert web.seen[0].headers["authorization"] == "Bearer access-token"


@pytest.mark.parametrize(
    ("hosts", "is_sent"),
    [([], True), (["127.0.0.1"], True), (["api.example.com", "*.0.0.1"], True), (["example.com"], False),
     (["*.27.0.0.1"], False), (["0.0.1"], False)],
)  # fmt: skip
def test_a_credential_is_sent_to_its_hosts_alone(web: WebServer, hosts: list[str], is_sent: bool) -> None:
    outcome = request(web, leased("http.bearer", token="0123456789", allowed_hosts=hosts)).outcome
    assert bool(web.seen) == is_sent
    if not is_sent:
        assert isinstance(outcome, Failed) and outcome.error.code == "WF738"
        assert hosts[0] in outcome.error.mend


def test_graphql_signs_in_too(web: WebServer) -> None:
    web.answers["/x"] = Answer({"data": {}})
    parameters = {"endpoint": f"{web.url}/x", "query": "{ a }"}
    secret = leased("http.bearer", token="0123456789")
    run_node("web.graphql", parameters, [{}], credentials={"auth": secret}).json()
    assert web.seen[0].headers["authorization"] == "Bearer 0123456789"


def test_an_error_does_not_show_it(web: WebServer) -> None:
    web.answers["/x"] = lambda seen: Answer({"you sent": seen.headers["authorization"]}, 403)
    outcome = request(web, leased("http.bearer", token="0123456789")).outcome
    assert isinstance(outcome, Failed)
    assert "0123456789" not in repr(outcome) and "***" in repr(outcome)


@pytest.mark.parametrize("form", ["fields", "dsn"])
def test_a_database(postgres: str, form: str) -> None:
    parts = conninfo_to_dict(postgres)
    values = {"host": "127.0.0.1", "port": int(parts["port"]), "user": "postgres", "database": "postgres",
              "password": "much too long"}  # fmt: skip
    if form == "dsn":
        values = {"dsn": f"postgresql://postgres:much-too-long@127.0.0.1:{parts['port']}/postgres"}
    query = {"query": "SELECT 'much too long, much-too-long' AS a"}
    result = run_node("database.query", query, [{}], credentials={"postgres": leased("postgres", **values)})
    assert result.json() == [{"a": "***, much-too-long" if form == "fields" else "much too long, ***"}]


def test_a_mail_server(mail: Any) -> None:
    values = {"host": "127.0.0.1", "port": mail.port, "security": "none", "user": "ann", "password": "right"}
    message = {"sender": "a@example.com", "to": "b@example.com", "text": "hi"}
    result = run_node("notify.send_email", message, [{}], credentials={"smtp": leased("smtp", **values)})
    assert result.json()[0]["accepted"] == ["b@example.com"]
    assert len(mail.messages) == 1
    starttls = leased("smtp", **{**values, "security": "starttls"})
    assert "STARTTLS" in run_node("notify.send_email", message, [{}], credentials={"smtp": starttls}).error


def test_signing_and_hashing() -> None:
    shared = leased("jwt", secret="0123456789abcdef0123456789abcdef")
    (row,) = run_node("data.jwt", {"claims": {"subject": "ann"}}, [{}], credentials={"jwt": shared}).json()
    assert jwt.decode(row["token"], "0123456789abcdef0123456789abcdef", algorithms=["HS256"])["sub"] == "ann"
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    keys = leased("jwt", algorithm="ES256", private_key=pem, public_key=public.decode())
    (row,) = run_node("data.jwt", {"claims": {"subject": "bo"}}, [{}], credentials={"jwt": keys}).json()
    assert jwt.decode(row["token"], public, algorithms=["ES256"])["sub"] == "bo"
    verify = {"operation": "verify", "token": row["token"]}
    assert run_node("data.jwt", verify, [{}], credentials={"jwt": keys}).json()[0]["payload"]["sub"] == "bo"
    crypto = leased("crypto", hmac_secret="0123456789")
    parameters = {"operation": "hmac", "value": "data", "hash": "SHA256"}
    (row,) = run_node("data.crypto", parameters, [{}], credentials={"crypto": crypto}).json()
    assert row["data"] == hmac_module.new(b"0123456789", b"data", "sha256").hexdigest()
    totp = leased("totp", secret="JBSWY3DPEHPK3PXP")
    assert len(run_node("data.totp", {}, [{}], credentials={"totp": totp}).json()[0]["token"]) == 6


def test_every_slot_names_types_there_are() -> None:
    for node_type in Registry():
        for slot in node_type.spec.credentials:
            assert all(TYPES.get(name) for name in slot.types), f"{node_type.spec.type} {slot.slot}"


def test_every_field_is_described_and_secrets_are_marked() -> None:
    for kind in TYPES:
        schema = kind.model_json_schema()
        assert kind.spec.title and len(kind.spec.description) > 20
        for name, field in schema["properties"].items():
            assert field.get("description"), f"{kind.spec.type}.{name}"
        assert kind.secret_fields() == {
            name for name, field in schema["properties"].items() if field.get("ui", {}).get("secret")
        }


@credential_type("shop.key", title="Shop", stands_for=("http.header",))
class ShopKey(CredentialType):
    """A key of a shop, sent in its own header."""

    key: str

    def for_nodes(self, token: Mapping[str, Any] | None) -> dict[str, Any]:
        return {"kind": "header", "name": "X-Shop", "value": self.key}


def test_other_packages_bring_types(web: WebServer) -> None:
    types = CredentialTypes([ShopKey])
    assert types.find("shop.key") is ShopKey and "shop.key" in [one.spec.type for one in types]
    assert types.fits("shop.key", ("http.bearer", "http.header")) and not types.fits("shop.key", ("smtp",))
    secret = {"type": "shop.key", **check(ShopKey, {"key": "0123456789"}).for_nodes(None)}
    assert request(web, secret).json()[0]["headers"]["x-shop"] == "***"
    assert web.seen[0].headers["x-shop"] == "0123456789"


def test_one_that_cannot_be_used_fails_its_node() -> None:
    class Broken(dict[str, Any]):
        def get(self, name: str, default: Any = None) -> Any:
            raise NodeError("The credential cannot be used.", code="WF737")

    from workflow_kernel.storage.blobs import MemoryBlobs
    from workflow_kernel.worker.environment import Environment

    environment = Environment(MemoryBlobs(), credentials=Broken(a=1))
    options = {"environment": environment, "credentials": {"auth": {}}}
    outcome = run_node("web.http_request", {"url": "http://127.0.0.1:9"}, [{}], **options).outcome
    assert isinstance(outcome, Failed) and outcome.error.code == "WF737"
    outcome = run_node("web.http_request", {"url": "http://127.0.0.1:9"}, [{}], on_error="branch", **options).outcome
    assert isinstance(outcome, Done) and outcome.recovered is not None


def test_an_imported_workflow_keeps_its_credentials_in_our_slots() -> None:
    def node(name: str, kind: str, parameters: dict[str, Any], **credentials: Any) -> dict[str, Any]:
        uses = {key: {"id": value, "name": f"My {value}"} for key, value in credentials.items()}
        return {"name": name, "type": f"n8n-nodes-base.{kind}", "typeVersion": 4, "parameters": parameters,
                "credentials": uses}  # fmt: skip

    generic = {"authentication": "genericCredentialType", "genericAuthType": "httpHeaderAuth", "url": "https://a.b"}
    nodes = [
        node("Call", "httpRequest", generic, httpHeaderAuth="1", httpBasicAuth="2"),
        node("Sign", "jwt", {}, jwtAuth="3"),
        node("Rows", "postgres", {"operation": "executeQuery", "query": "SELECT 1"}, postgres="4"),
        node("Stop", "noOp", {}, slackApi="5"),
    ]
    imported = N8nImporter(Registry()).convert({"name": "W", "nodes": nodes, "connections": {}})
    reports = {report.name: report for report in imported.nodes}
    placed = {
        name: [(one.slot, one.id, one.source, one.type) for one in report.credentials]
        for name, report in reports.items()
    }
    assert placed == {
        "Call": [("auth", "1", "httpHeaderAuth", "http.header")],
        "Sign": [("jwt", "3", "jwtAuth", "jwt")],
        "Rows": [("postgres", "4", "postgres", "postgres")],
        "Stop": [],
    }
    assert "'My 5' of the type 'slackApi'" in reports["Stop"].warnings[0]
    uses = {node.name: {slot: use.name for slot, use in node.credentials.items()} for node in
            imported.workflow.nodes.values()}  # fmt: skip
    assert uses["Call"] == {"auth": "My 1"} and uses["Stop"] == {}
