import base64
import re
from pathlib import Path

import pytest

from pendapa.server import env
from pendapa.server.env import BadEnvironment

KEY = base64.b64encode(b"k" * 32).decode("ascii")
EXAMPLE = Path(__file__).resolve().parents[4] / ".env.example"


def test_the_example_lists_exactly_what_is_read() -> None:
    listed = re.findall(r"^([A-Z_]+)=", EXAMPLE.read_text("utf-8"), re.M)
    assert sorted(listed) == sorted(env.names())
    assert len(listed) == len(set(listed))


def test_the_example_itself_is_a_good_environment() -> None:
    given = dict(re.findall(r"^([A-Z_]+)=(.*)$", EXAMPLE.read_text("utf-8"), re.M))
    assert env.read(given) == env.read({})


def test_an_empty_environment_takes_the_safe_choice() -> None:
    empty = env.read({})
    assert not any([empty.debug, empty.demo, empty.secret_key, empty.field_keys, empty.hash_key])
    assert empty.allowed_hosts == []
    assert empty.trusted_proxies == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "mysql://localhost/mall"),
        ("PENDAPA_DATABASE_POOL", "many"),
        ("PENDAPA_DATABASE_POOL", "0"),
        ("SECRET_KEY", "short"),
        ("FIELD_KEYS", KEY),
        ("FIELD_KEYS", f"a:{KEY},a:{KEY}"),
        ("FIELD_KEYS", "a:c2hvcnQ="),
        ("HASH_KEY", "not base64!"),
        ("PUBLIC_URL", "mall.example.go.id"),
        ("PUBLIC_URL", "https://mall.example.go.id/path"),
        ("LIVE_URL", "https://mall.example.go.id:port"),
        ("TRUSTED_PROXIES", "10.0.0.1"),
        ("PENDAPA_DEBUG", "perhaps"),
        ("PENDAPA_LOG_LEVEL", "LOUD"),
        ("PENDAPA_SESSION_HOURS", "-1"),
    ],
)
def test_a_malformed_value_stops_with_a_sentence_that_names_it(name: str, value: str) -> None:
    with pytest.raises(BadEnvironment) as stopped:
        env.read({name: value})
    sentence = str(stopped.value)
    assert name in sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence


@pytest.mark.parametrize("missing", ["DATABASE_URL", "SECRET_KEY", "FIELD_KEYS", "HASH_KEY"])
def test_a_process_that_serves_insists_on_its_keys_and_its_database(missing: str) -> None:
    whole = {
        "DATABASE_URL": "postgresql://pendapa@localhost/pendapa",
        "SECRET_KEY": "s" * 50,
        "FIELD_KEYS": f"a:{KEY}",
        "HASH_KEY": KEY,
    }
    env.read(whole).insist()
    with pytest.raises(BadEnvironment, match=missing):
        env.read({name: value for name, value in whole.items() if name != missing}).insist()


def test_the_first_field_key_encrypts_and_the_order_is_kept() -> None:
    other = base64.b64encode(b"o" * 32).decode("ascii")
    assert env.read({"FIELD_KEYS": f"new:{KEY}, old:{other}"}).field_keys == {"new": b"k" * 32, "old": b"o" * 32}


def test_single_sign_on_is_set_whole_or_not_at_all() -> None:
    whole = {
        "OIDC_ISSUER": "https://login.contoh.go.id/realms/asn/",
        "OIDC_CLIENT_ID": "pendapa",
        "OIDC_CLIENT_SECRET": "rahasia",
        "OIDC_NAME": "SSO",
    }
    assert env.read(whole).oidc_issuer == "https://login.contoh.go.id/realms/asn"
    for missing in whole:
        with pytest.raises(env.BadEnvironment, match=missing):
            env.read({name: value for name, value in whole.items() if name != missing})
    for issuer in ("login.contoh.go.id", "http://login.contoh.go.id", "https://login.contoh.go.id/?x=1", "ftp://x"):
        with pytest.raises(env.BadEnvironment, match="OIDC_ISSUER"):
            env.read({**whole, "OIDC_ISSUER": issuer})
    assert env.read({**whole, "OIDC_ISSUER": "http://127.0.0.1:9400"}).oidc_issuer
