"""Made-up records for trying workflows out. Used by the debug data node. No real person, card or address is in it."""

from __future__ import annotations

import random
import string
import uuid
from collections.abc import Callable, Mapping
from typing import Any, Literal

Kind = Literal[
    "user", "address", "email", "credit_card", "location", "url", "ipv4", "ipv6", "mac", "uuid", "nanoid", "version"
]

FIRST_NAMES = (
    "Ada", "Aiko", "Amina", "Anders", "Bruno", "Carla", "Chidi", "Clara", "Diego", "Elena", "Emil", "Farid", "Grace",
    "Hana", "Ines", "Ivan", "Jonas", "Kofi", "Lena", "Lucia", "Mateo", "Mei", "Nadia", "Noah", "Olga", "Omar", "Priya",
    "Rosa", "Samir", "Sofia", "Tariq", "Uma", "Viktor", "Wanda", "Yara", "Zoe",
)  # fmt: skip
LAST_NAMES = (
    "Abe", "Andersen", "Baker", "Bianchi", "Castillo", "Chen", "Diallo", "Dubois", "Eriksen", "Farah", "Fischer",
    "Garcia", "Haddad", "Horvat", "Ito", "Jansen", "Kaya", "Keller", "Kowalski", "Lopez", "Mensah", "Moreau", "Nagy",
    "Novak", "Okafor", "Patel", "Petrov", "Rossi", "Santos", "Silva", "Smith", "Tanaka", "Weber", "Young", "Zhang",
)  # fmt: skip
STREETS = ("Acorn Lane", "Birch Street", "Castle Road", "Elm Avenue", "Garden Row", "Harbour Way", "Mill Lane",
           "Orchard Street", "Park Avenue", "River Road", "Station Road", "Willow Court")  # fmt: skip
CITIES = (
    ("Springfield", "Illinois", "United States"), ("Riverton", "Wyoming", "United States"),
    ("Ashford", "Kent", "United Kingdom"), ("Neustadt", "Bavaria", "Germany"), ("Villeneuve", "Occitanie", "France"),
    ("Santa Rosa", "La Pampa", "Argentina"), ("Kawagoe", "Saitama", "Japan"), ("Fremantle", "Western Australia",
    "Australia"), ("Lakeside", "Ontario", "Canada"), ("Porto Novo", "Minas Gerais", "Brazil"),
)  # fmt: skip
DOMAINS = ("example.com", "example.net", "example.org")
PATHS = ("about", "blog", "cart", "docs", "help", "news", "products", "search", "shop", "team")
CARDS = (
    ("Visa", "4242424242424242"), ("Visa", "4012888888881881"), ("Mastercard", "5555555555554444"),
    ("Mastercard", "2223003122003222"), ("American Express", "378282246310005"), ("Discover", "6011111111111117"),
    ("Diners Club", "30569309025904"), ("JCB", "3530111333300000"),
)  # fmt: skip
"""Numbers that payment services publish for tests."""


class Records:
    """Makes records, the same for the same seed.

    Parameters
    ----------
    seed: where the chance begins.
    nanoid_alphabet, nanoid_length: of short ids.
    """

    def __init__(self, seed: str, nanoid_alphabet: str = string.ascii_letters, nanoid_length: int = 16) -> None:
        self._random = random.Random(seed)  # noqa: S311 - sample data, not a secret
        self._alphabet = nanoid_alphabet
        self._length = nanoid_length
        self._makers: Mapping[Kind, Callable[[], dict[str, Any]]] = {
            "user": self._user,
            "address": self._address,
            "email": self._email,
            "credit_card": self._credit_card,
            "location": self._location,
            "url": self._url,
            "ipv4": self._ipv4,
            "ipv6": self._ipv6,
            "mac": self._mac,
            "uuid": self._uuid,
            "nanoid": self._nanoid,
            "version": self._version,
        }

    def make(self, kind: Kind) -> dict[str, Any]:
        """One record."""
        return self._makers[kind]()

    def _name(self) -> tuple[str, str]:
        return self._random.choice(FIRST_NAMES), self._random.choice(LAST_NAMES)

    def _mail(self, first: str, last: str) -> str:
        return f"{first}.{last}{self._random.randrange(100)}@{self._random.choice(DOMAINS)}".lower()

    def _text(self, length: int) -> str:
        return "".join(self._random.choices(string.ascii_letters + string.digits + "!$%&*+-_~", k=length))

    def _user(self) -> dict[str, Any]:
        first, last = self._name()
        return {
            "uid": self._uuid()["uuid"],
            "email": self._mail(first, last),
            "firstname": first,
            "lastname": last,
            "password": self._text(self._random.randint(8, 14)),
        }

    def _address(self) -> dict[str, Any]:
        first, last = self._name()
        city, state, country = self._random.choice(CITIES)
        return {
            "firstname": first,
            "lastname": last,
            "street": f"{self._random.randint(1, 250)} {self._random.choice(STREETS)}",
            "city": city,
            "zip": f"{self._random.randrange(100_000):05d}",
            "state": state,
            "country": country,
        }

    def _email(self) -> dict[str, Any]:
        return {"email": self._mail(*self._name()), "confirmed": self._random.random() < 0.5}

    def _credit_card(self) -> dict[str, Any]:
        kind, number = self._random.choice(CARDS)
        first, last = self._name()
        digits = 4 if kind == "American Express" else 3
        return {
            "type": kind,
            "number": number,
            "ccv": f"{self._random.randrange(10**digits):0{digits}d}",
            "exp": f"{self._random.randint(1, 12):02d}/{self._random.randint(30, 39)}",
            "holder_name": f"{first} {last}",
        }

    def _location(self) -> dict[str, Any]:
        latitude, longitude = self._random.uniform(-90, 90), self._random.uniform(-180, 180)
        return {"location": f"{latitude:.6f}, {longitude:.6f}"}

    def _url(self) -> dict[str, Any]:
        parts = self._random.sample(PATHS, 2)
        return {"url": f"https://{self._random.choice(DOMAINS)}/{'/'.join(parts)}"}

    def _ipv4(self) -> dict[str, Any]:
        return {"ip": ".".join(str(self._random.randrange(256)) for _ in range(4))}

    def _ipv6(self) -> dict[str, Any]:
        return {"ipv6": ":".join(f"{self._random.randrange(1 << 16):04x}" for _ in range(8))}

    def _mac(self) -> dict[str, Any]:
        return {"mac": ":".join(f"{self._random.randrange(256):02x}" for _ in range(6))}

    def _uuid(self) -> dict[str, Any]:
        return {"uuid": str(uuid.UUID(int=self._random.getrandbits(128), version=4))}

    def _nanoid(self) -> dict[str, Any]:
        return {"nanoId": "".join(self._random.choices(self._alphabet, k=self._length)), "length": self._length}

    def _version(self) -> dict[str, Any]:
        return {"version": ".".join(str(self._random.randrange(limit)) for limit in (10, 20, 50))}
