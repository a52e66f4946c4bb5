"""The settings as a fresh process reads them, because those of the test run are already loaded."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from pendapa.server.trial import KEYS

READ = """
import json, sys
from pendapa.server import settings
print(json.dumps({name: getattr(settings, name) for name in sys.argv[1].split(",")}, default=str))
"""


def settings_with(names: str, **environment: str) -> dict[str, Any]:
    """Some settings, read by a process with exactly this environment."""
    done = subprocess.run(
        [sys.executable, "-c", READ, names],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    values: dict[str, Any] = json.loads(done.stdout)
    return values


def test_nothing_is_open_by_default() -> None:
    values = settings_with("DEBUG,DEMO,SECRET_KEY,ALLOWED_HOSTS,SECURE_PROXY_SSL_HEADER,TRUSTED_PROXIES,DATABASES")
    assert values == {
        "DEBUG": False,
        "DEMO": False,
        "SECRET_KEY": "",
        "ALLOWED_HOSTS": [],
        "SECURE_PROXY_SSL_HEADER": None,
        "TRUSTED_PROXIES": 0,
        "DATABASES": {},
    }


def test_cookies_are_hidden_from_scripts_and_other_sites_and_stay_on_https_when_there_is_https() -> None:
    names = "SESSION_COOKIE_SECURE,CSRF_COOKIE_SECURE,LANGUAGE_COOKIE_SECURE,SECURE_HSTS_SECONDS"
    plain, secure = settings_with(names), settings_with(names, PENDAPA_TLS="1")
    assert not any(plain.values())
    assert all(secure.values())
    fixed = settings_with("SESSION_COOKIE_HTTPONLY,CSRF_COOKIE_HTTPONLY,SESSION_COOKIE_SAMESITE,X_FRAME_OPTIONS")
    assert fixed == {
        "SESSION_COOKIE_HTTPONLY": True,
        "CSRF_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "X_FRAME_OPTIONS": "DENY",
    }


def test_a_proxy_is_believed_only_when_one_is_declared() -> None:
    values = settings_with("SECURE_PROXY_SSL_HEADER,ALLAUTH_TRUSTED_PROXY_COUNT", TRUSTED_PROXIES="1")
    assert values == {"SECURE_PROXY_SSL_HEADER": ["HTTP_X_FORWARDED_PROTO", "https"], "ALLAUTH_TRUSTED_PROXY_COUNT": 1}


def test_the_content_policy_lets_nothing_in_but_our_own_files_and_the_live_server() -> None:
    policy = settings_with("CONTENT_SECURITY_POLICY", LIVE_URL="https://live.example.go.id")["CONTENT_SECURITY_POLICY"]
    directives: dict[str, list[str]] = policy["DIRECTIVES"]
    assert directives["default-src"] == ["'none'"]
    assert directives["connect-src"] == ["'self'", "https://live.example.go.id"]
    assert {source for sources in directives.values() for source in sources} == {
        "'self'",
        "'none'",
        "data:",
        "https://live.example.go.id",
    }


@pytest.mark.parametrize(
    ("url", "host", "port"),
    [
        ("postgresql://pendapa:p%40ss@/pendapa?host=%2Frun%2Fsocket", "/run/socket", ""),
        ("postgresql://pendapa:p%40ss@db.example:5433/pendapa?sslmode=require", "db.example", "5433"),
    ],
)
def test_a_database_address_becomes_settings(url: str, host: str, port: str) -> None:
    database = settings_with("DATABASES", DATABASE_URL=url, PENDAPA_DATABASE_TIMEOUT="7")["DATABASES"]["default"]
    assert (database["HOST"], database["PORT"]) == (host, port)
    assert (database["NAME"], database["USER"], database["PASSWORD"]) == ("pendapa", "pendapa", "p@ss")
    assert "statement_timeout=7000" in database["OPTIONS"]["options"]
    assert database["CONN_HEALTH_CHECKS"] is True
    assert database["OPTIONS"].get("sslmode") == ("require" if "sslmode" in url else None)


def test_keys_reach_their_settings() -> None:
    values = settings_with("SECRET_KEY,FIELD_KEYS,HASH_KEY", **KEYS)
    assert values["SECRET_KEY"] == KEYS["SECRET_KEY"]
    assert list(values["FIELD_KEYS"]) == ["test"]
