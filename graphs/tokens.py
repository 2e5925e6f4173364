"""Tokens: the texts that people come in with, how each is made and read.

API key         bw_<tenant>_<id of the key>_<secret>   good until it is revoked or expires
refresh token   bwr_<tenant>_<secret>                  good once
access token    a JWT (HS256) of a few minutes: tenant, handle, key and family; what they may do is looked up

A secret is 256 random bits in 43 characters; what is stored is the SHA-256 of it.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import jwt

from store.errors import NotAllowed

ISSUER, AUDIENCE, ALGORITHM = "bellwether", "bellwether-api", "HS256"
REQUIRED = ("iss", "aud", "iat", "exp", "jti", "sub", "tenant", "key", "family")
LEEWAY_S = 5
"""How far two clocks may be apart."""
LONGEST = 2048
"""Characters; no text of ours is longer."""
_TENANT = "([a-z0-9][a-z0-9_-]{0,62})"
_KEY = re.compile(rf"bw_{_TENANT}_([0-9a-f]{{32}})_([A-Za-z0-9_-]{{43}})")
_REFRESH = re.compile(rf"bwr_{_TENANT}_([A-Za-z0-9_-]{{43}})")
_HEADER = jwt.encode({}, "0" * 32, ALGORITHM).split(".")[0]
_ACCESS = re.compile(rf"{_HEADER}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{{43}}")
"""An access token of ours; one with another header was not made here, so nothing in it is parsed."""


class BadToken(ValueError):
    """A text that opens nothing; the message is for whoever came with it."""


@dataclass(frozen=True, slots=True)
class Key:
    """An API key in its parts."""

    tenant: str
    id: UUID
    secret: str = field(repr=False)

    @property
    def text(self) -> str:
        """As it is shown once."""
        return f"bw_{self.tenant}_{self.id.hex}_{self.secret}"


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a key is exchanged for."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    expires_in_s: int


@dataclass(frozen=True, slots=True)
class Claims:
    """Whom an access token names, and until when (seconds since 1970)."""

    tenant: str
    handle: str
    key_id: UUID
    family: UUID
    until_s: float = 0.0


class Seal:
    """Makes access tokens and reads them; nobody without the secret makes one that it reads."""

    def __init__(self, secret: str, minutes: int) -> None:
        self._secret = secret
        self.life = timedelta(minutes=minutes)

    def sign(self, claims: Claims, now: datetime | None = None) -> str:
        """A token that is good from now for `life`."""
        moment = now or datetime.now(UTC)
        told = {"iss": ISSUER, "aud": AUDIENCE, "iat": moment, "exp": moment + self.life, "jti": uuid4().hex}
        whom = {"sub": claims.handle, "tenant": claims.tenant, "key": claims.key_id.hex, "family": claims.family.hex}
        return jwt.encode(told | whom, self._secret, ALGORITHM)

    def read(self, token: str) -> Claims:
        """Whom a token names. BadToken where it is forged, expired or made for somebody else."""
        if len(token) > LONGEST or not _ACCESS.fullmatch(token):
            raise BadToken("no key or token that is known here")
        try:
            told = jwt.decode(
                token,
                self._secret,
                algorithms=[ALGORITHM],
                audience=AUDIENCE,
                issuer=ISSUER,
                leeway=LEEWAY_S,
                options={"require": list(REQUIRED)},
            )
        except jwt.ExpiredSignatureError:
            raise BadToken("the access token has expired: refresh it") from None
        except jwt.InvalidTokenError:
            raise BadToken("no key or token that is known here") from None
        return Claims(told["tenant"], told["sub"], UUID(told["key"]), UUID(told["family"]), float(told["exp"]))


def new_secret() -> str:
    """256 random bits in 43 characters."""
    return secrets.token_urlsafe(32)


def refresh_text(tenant: str, secret: str) -> str:
    """A refresh token as its holder has it."""
    return f"bwr_{tenant}_{secret}"


def read_key(text: str) -> Key | None:
    """An API key's parts; None for any other text. Its end is of fixed length, whatever the tenant's name holds."""
    found = _KEY.fullmatch(text) if len(text) <= LONGEST else None
    return None if found is None else Key(found[1], UUID(found[2]), found[3])


def read_refresh(text: str) -> tuple[str, str] | None:
    """A refresh token's tenant and secret; None for any other text."""
    found = _REFRESH.fullmatch(text) if len(text) <= LONGEST else None
    return None if found is None else (found[1], found[2])


def sha256(text: str) -> bytes:
    """What is stored of a secret."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def kept_secret(home: Path) -> str:
    """The secret of this installation, made once: of processes that come together, all get the same.

    Raises:
        NotAllowed: the folder cannot be written, or others may read the file.
    """
    path = home / "token-secret"
    try:
        if not path.exists():
            _make(path)
        if path.stat().st_mode & 0o077:
            raise NotAllowed(f"{path} may be read by others: chmod 600 it, or set BELLWETHER_TOKEN_SECRET")
        return path.read_text(encoding="ascii")
    except OSError as refusal:
        raise NotAllowed(f"{path}: {refusal.strerror}; or set BELLWETHER_TOKEN_SECRET") from refusal


def _make(path: Path) -> None:
    """Write a secret beside and link it into place: whoever reads, reads a whole one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}-{uuid4().hex}")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(48))
        file.flush()
        os.fsync(file.fileno())
    try:
        with suppress(FileExistsError):
            os.link(beside, path)
    finally:
        beside.unlink()
