"""Crypto: hashes, keyed hashes, signatures and random texts."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import string
import uuid
from collections.abc import Iterator
from typing import Any, Literal

from workflow_kernel.nodes._attachments import attachment
from workflow_kernel.nodes._paths import set_path
from workflow_kernel.nodes.data import _keys
from workflow_kernel.sdk import Context, Credential, Field, Imported, ImportedNode, Item, NodeError, NodeType, node
from workflow_kernel.sdk.convert_javascript import text_of

Hash = Literal["MD5", "SHA1", "SHA256", "SHA384", "SHA512", "SHA3-256", "SHA3-384", "SHA3-512"]
_OPERATIONS = {"hash": "hash", "hmac": "hmac", "sign": "sign", "generate": "generate"}


def _from_n8n(source: ImportedNode) -> Imported:
    operation = source.get("action", default="hash")
    parameters: dict[str, Any] = {
        "operation": _OPERATIONS.get(operation, operation),
        "output_field": source.get("dataPropertyName", default="data"),
    }
    if operation == "generate":
        parameters["random"] = source.get("encodingType", default="uuid")
        parameters["length"] = source.get("stringLength", default=32)
        return Imported(parameters)
    parameters["encoding"] = source.get("encoding", default="hex")
    if operation != "sign" and source.get("binaryData"):
        parameters |= {"source": "file", "file": source.get("binaryPropertyName", default="data")}
    else:
        parameters["value"] = source.get("value", default="")
    if operation == "sign":
        parameters["algorithm"] = source.get("algorithm", default="")
        parameters["private_key"] = source.get("privateKey", default="")
    else:
        parameters["hash"] = source.get("type", default="MD5" if source.version < 2 else "SHA256")
        if operation == "hmac":
            parameters["secret"] = source.get("secret", default="")
    return Imported(parameters)


@node(
    "data.crypto",
    imports={"n8n-nodes-base.crypto": _from_n8n},
    credentials=(Credential("crypto", ("crypto",)),),
    pure=False,
    icon="key-round",
    keywords=("hash", "md5", "sha256", "hmac", "sign", "signature", "uuid", "random"),
)
class Crypto(NodeType):
    """Hashes or signs a value or a file, or makes a random text."""

    operation: Literal["hash", "hmac", "sign", "generate"] = Field("hash", description="What to do.")
    source: Literal["value", "file"] = Field(
        "value", description="What is hashed.", show={"operation": ["hash", "hmac"]}
    )
    value: Any = Field("", description="The text to hash or sign.", show={"operation": ["hash", "hmac", "sign"]})
    file: str = Field("data", description="Name of the attachment to hash.", show={"source": "file"})
    hash: Hash = Field("SHA256", description="The hash function.", show={"operation": ["hash", "hmac"]})
    secret: str = Field(
        "", description="Key of the hash; empty takes the credential's.", show={"operation": "hmac"}, secret=True
    )
    algorithm: str = Field(
        "RSA-SHA256", description="Hash of the signature, such as RSA-SHA256 or SHA512.", show={"operation": "sign"}
    )
    private_key: str = Field(
        "", description="Private key in PEM form; empty takes the credential's.", show={"operation": "sign"},
        secret=True, widget="multiline",
    )  # fmt: skip
    encoding: Literal["hex", "base64", "base64url"] = Field(
        "hex", description="How the result is written.", show={"operation": ["hash", "hmac", "sign"]}
    )
    random: Literal["uuid", "ascii", "base64", "hex"] = Field(
        "uuid", description="Kind of random text.", show={"operation": "generate"}
    )
    length: int = Field(32, ge=1, le=1_000_000, description="Its length.", show={"operation": "generate"})
    output_field: str = Field("data", description="Field that gets the result.")

    def run(self, item: Item, ctx: Context) -> Item:
        """Put the hash, signature or random text into the item."""
        return item.with_json(set_path(dict(item.json), self.output_field, self._result(item, ctx)))

    def _result(self, item: Item, ctx: Context) -> str:
        if self.operation == "generate":
            return self._random()
        if self.operation == "sign":
            return self._encoded(self._signature(ctx))
        name = self.hash.lower().replace("-", "_")
        if self.operation == "hmac":
            digest: Any = hmac.new(self._secret(ctx).encode(), digestmod=name)
        else:
            digest = hashlib.new(name, usedforsecurity=False)
        for chunk in self._chunks(item, ctx):
            digest.update(chunk)
        return self._encoded(digest.digest())

    def _chunks(self, item: Item, ctx: Context) -> Iterator[bytes]:
        if self.source == "value":
            yield text_of(self.value).encode()
            return
        yield from ctx.blobs.read_chunks(attachment(item, self.file).blob)

    def _secret(self, ctx: Context) -> str:
        credential = ctx.credential("crypto") or {}
        secret = self.secret or credential.get("hmac_secret") or credential.get("hmacSecret", "")
        if not secret:
            raise NodeError("The secret of the keyed hash is missing.", mend="Set 'secret' or choose a credential.")
        return str(secret)

    def _signature(self, ctx: Context) -> bytes:
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, padding, rsa

        credential = ctx.credential("crypto") or {}
        text = self.private_key or credential.get("private_key") or credential.get("signPrivateKey", "")
        if not text:
            raise NodeError("The private key is missing.", mend="Set 'private_key' or choose a credential.")
        data = text_of(self.value).encode()
        try:
            key = serialization.load_pem_private_key(_keys.pem(str(text)).encode(), None)
            if isinstance(key, rsa.RSAPrivateKey):
                return key.sign(data, padding.PKCS1v15(), self._signature_hash())
            if isinstance(key, ec.EllipticCurvePrivateKey):
                return key.sign(data, ec.ECDSA(self._signature_hash()))
            if isinstance(key, dsa.DSAPrivateKey):
                return key.sign(data, self._signature_hash())
            if isinstance(key, ed25519.Ed25519PrivateKey):
                return key.sign(data)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise NodeError(f"The private key cannot sign: {error}", mend="Check the key and the algorithm.") from error
        raise NodeError("The private key is of a kind that cannot sign.", mend="Use an RSA, EC, DSA or Ed25519 key.")

    def _signature_hash(self) -> Any:
        from cryptography.hazmat.primitives import hashes

        name = (
            self.algorithm.upper()
            .removeprefix("RSA-")
            .removeprefix("ECDSA-WITH-")
            .removeprefix("ID-RSASSA-PKCS1-V1_5-WITH-")
        )
        name = name.replace("WITHRSAENCRYPTION", "").replace("WITHRSA", "").replace("SSL3-", "")
        known: dict[str, Any] = {
            "MD5": hashes.MD5, "SHA1": hashes.SHA1, "SHA224": hashes.SHA224, "SHA256": hashes.SHA256,
            "SHA384": hashes.SHA384, "SHA512": hashes.SHA512, "SHA512/224": hashes.SHA512_224,
            "SHA512/256": hashes.SHA512_256, "SHA3-224": hashes.SHA3_224, "SHA3-256": hashes.SHA3_256,
            "SHA3-384": hashes.SHA3_384, "SHA3-512": hashes.SHA3_512, "SM3": hashes.SM3,
        }  # fmt: skip
        for spelling in (name, name.replace("-", ""), name.replace("SHA-1", "SHA1")):
            if spelling in known:
                return known[spelling]()
        raise NodeError(f"'{self.algorithm}' is no signature algorithm.", mend=f"Use one of {', '.join(known)}.")

    def _encoded(self, data: bytes) -> str:
        if self.encoding == "hex":
            return data.hex()
        if self.encoding == "base64":
            return base64.b64encode(data).decode()
        return base64.urlsafe_b64encode(data).decode().rstrip("=")

    def _random(self) -> str:
        if self.random == "uuid":
            return str(uuid.uuid4())
        letters = {
            "hex": "0123456789abcdef",
            "base64": string.ascii_letters + string.digits,
            "ascii": string.ascii_letters + string.digits + string.punctuation,
        }[self.random]
        return "".join(secrets.choice(letters) for _ in range(self.length))
