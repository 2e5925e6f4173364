"""Tokens: what is not made here opens nothing, and no secret is where it should not be."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from hypothesis import assume, given
from hypothesis import strategies as st

from graphs.tokens import (
    LEEWAY_S,
    BadToken,
    Claims,
    Key,
    Seal,
    Tokens,
    kept_secret,
    new_secret,
    read_key,
    read_refresh,
    refresh_text,
)
from store.errors import NotAllowed

ROOT = Path(__file__).resolve().parents[3]
SECRET = "only for tests, 32 characters long"
SEAL = Seal(SECRET, 15)
ANA = Claims("default", "ana", uuid4(), uuid4())
TENANTS = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,62}", fullmatch=True)


def told(**other: Any) -> dict[str, Any]:
    """The claims of a token that would be read."""
    whole: dict[str, Any] = jwt.decode(SEAL.sign(ANA), options={"verify_signature": False})
    return {key: value for key, value in (whole | other).items() if value is not None}


def encoded(part: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


@given(tenant=TENANTS)
def test_a_key_is_read_whatever_its_tenants_name_holds(tenant: str):
    key = Key(tenant, uuid4(), new_secret())
    assert read_key(key.text) == key
    secret = new_secret()
    assert read_refresh(refresh_text(tenant, secret)) == (tenant, secret)
    assert read_key(refresh_text(tenant, secret)) is None and read_refresh(key.text) is None


@given(text=st.text() | st.from_regex(r"bwr?_[a-z_-]*_[0-9a-f]*_[\w-]*", fullmatch=True))
def test_any_other_text_is_no_key_and_no_token(text: str):
    assume(not re.fullmatch(r"bw_[\w-]+_[0-9a-f]{32}_[\w-]{43}|bwr_[\w-]+_[\w-]{43}", text))
    assert read_key(text) is None and read_refresh(text) is None
    with pytest.raises(BadToken):
        SEAL.read(text)


def test_a_token_says_whom_it_names_for_so_many_minutes():
    read = SEAL.read(SEAL.sign(ANA))
    assert (read.tenant, read.handle, read.key_id, read.family) == (ANA.tenant, ANA.handle, ANA.key_id, ANA.family)
    assert 14 * 60 < read.until_s - datetime.now(UTC).timestamp() <= 15 * 60
    assert not {"role", "tier"} & set(told()), "what they may do is looked up"


def test_a_token_is_out_when_its_time_is_up():
    ended = datetime.now(UTC) - timedelta(minutes=15)
    with pytest.raises(BadToken, match="expired: refresh it"):
        SEAL.read(SEAL.sign(ANA, ended - timedelta(seconds=LEEWAY_S + 1)))
    assert SEAL.read(SEAL.sign(ANA, ended - timedelta(seconds=LEEWAY_S - 3))).handle == "ana", "clocks differ a little"


def strangers() -> list[str]:
    """Texts that are no token of ours; made when they are read, so that none has expired by then."""
    return [
        Seal("another secret of 32 characters....", 15).sign(ANA),
        SEAL.sign(ANA)[:-4] + "AAAA",
        SEAL.sign(ANA) + "=",
        SEAL.sign(ANA).replace(".", "..", 1),
        jwt.encode(told(), None, "none"),
        f"{encoded({'alg': 'None', 'typ': 'JWT'})}.{encoded(told())}.",
        jwt.encode(told(), generate_private_key(65537, 2048), "RS256"),
        jwt.encode(told(), SECRET + SECRET, "HS512"),
        jwt.encode(told(), SECRET, "HS256", headers={"kid": "../../etc/passwd"}),
        jwt.encode(told(iss="somebody"), SECRET),
        jwt.encode(told(aud="somewhere"), SECRET),
        *(jwt.encode(told(**{name: None}), SECRET) for name in ("exp", "iat", "jti", "aud", "iss", "sub", "key")),
        base64.urlsafe_b64encode(b"[" * 1200).decode() + ".e30.x",
        SEAL.sign(ANA).split(".")[0] + "." + "A" * 100_000 + ".x",
        "\ud800.\ud800.\ud800",
        "\0",
    ]


@pytest.mark.parametrize("nth", range(len(strangers())))
def test_a_token_that_was_not_made_here_for_this_door_names_nobody(nth: int):
    with pytest.raises(BadToken, match="no key or token that is known here"):
        SEAL.read(strangers()[nth])


def test_no_secret_is_in_what_a_program_would_print_of_it():
    key, tokens = (
        Key("default", uuid4(), new_secret()),
        Tokens(SEAL.sign(ANA), refresh_text("default", new_secret()), 900),
    )
    assert key.secret not in repr(key)
    assert tokens.access not in repr(tokens) and tokens.refresh not in repr(tokens)
    assert SECRET not in repr(SEAL)


def test_the_secret_of_an_installation_is_made_once_and_for_its_owner_alone(tmp_path: Path):
    home = tmp_path / "new" / "home"
    secret = kept_secret(home)
    assert len(secret) >= 43 and kept_secret(home) == secret
    assert [path.name for path in home.iterdir()] == ["token-secret"]
    assert (home / "token-secret").stat().st_mode & 0o777 == 0o600


def test_processes_that_come_together_agree_on_the_secret(tmp_path: Path):
    code = "import sys; from pathlib import Path; from graphs.tokens import kept_secret; sys.stdin.read(1)\n"
    code += "print(kept_secret(Path(sys.argv[1])))"
    words = [sys.executable, "-c", code, str(tmp_path / "home")]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    pipe = subprocess.PIPE
    begun = [subprocess.Popen(words, stdin=pipe, stdout=pipe, env=environment, cwd=ROOT) for _ in range(4)]
    for each in begun:
        assert each.stdin is not None
        each.stdin.write(b"x")
        each.stdin.flush()
    said = {each.communicate(timeout=60)[0] for each in begun}
    assert len(said) == 1 and len(said.pop()) > 43


def test_a_secret_that_others_may_read_is_refused_with_the_way_out(tmp_path: Path):
    kept_secret(tmp_path)
    (tmp_path / "token-secret").chmod(0o644)
    with pytest.raises(NotAllowed, match="chmod 600"):
        kept_secret(tmp_path)


def test_a_secret_that_cannot_be_kept_is_told_with_the_setting_for_it(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(NotAllowed, match="BELLWETHER_TOKEN_SECRET"):
        kept_secret(tmp_path / "file")
