"""The environment of an installation: every variable that Pendapa reads, read here and nowhere else.

A malformed value stops the start with a sentence that names the variable. A value that only running processes need (the
keys and the database) may be missing while a linter loads the settings; `insist` is called by everything that serves.
`.env.example` lists exactly these variables.
"""

import base64
import binascii
import os
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from pendapa.server.problems import Problem

KEY_BYTES = 32
MALFORMED = "The environment variable {name} is malformed: {reason}."


class BadEnvironment(Problem):
    """A variable is missing or malformed; the sentence names it."""


@dataclass(frozen=True, kw_only=True)
class Environment:
    """What the environment says about this installation, typed."""

    database_url: str
    database_pool: int  # most connections of one process
    database_timeout: int  # seconds that one statement may take
    secret_key: str
    field_keys: dict[str, bytes]
    hash_key: bytes
    allowed_hosts: list[str]
    public_url: str
    live_url: str
    tls: bool
    trusted_proxies: int
    session_hours: int
    oidc_issuer: str  # of the provider by which staff may sign in, or all four empty
    oidc_client_id: str
    oidc_client_secret: str
    oidc_name: str
    demo: bool
    debug: bool
    log_level: str
    data: str
    static: str
    metrics: str
    database_user: str
    xdg_data_home: str
    ci: bool
    test_database_url: str

    def insist(self) -> None:
        """Stop unless everything that a running process needs is there."""
        needed: dict[str, object] = {
            "DATABASE_URL": self.database_url,
            "SECRET_KEY": self.secret_key,
            "FIELD_KEYS": self.field_keys,
            "HASH_KEY": self.hash_key,
        }
        for name, value in needed.items():
            if not value:
                raise BadEnvironment(
                    f"The environment variable {name} is missing; "
                    f"`pendapa serve` and `pendapa demo` set it from the data folder."
                )


class _Reader:
    """Takes variables out of the environment and remembers which ones were asked for."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ
        self.asked: list[str] = []

    def text(self, name: str, default: str = "") -> str:
        self.asked.append(name)
        return self.environ.get(name, "").strip() or default

    def choice(self, name: str, choices: list[str], default: str) -> str:
        value = self.text(name, default)
        if value not in choices:
            raise BadEnvironment(MALFORMED.format(name=name, reason=f"it must be one of {', '.join(choices)}"))
        return value

    def flag(self, name: str) -> bool:
        value = self.text(name, "0").lower()
        if value not in {"0", "1", "false", "true", "no", "yes", "off", "on"}:
            raise BadEnvironment(MALFORMED.format(name=name, reason="it must be 1 or 0"))
        return value in {"1", "true", "yes", "on"}

    def number(self, name: str, default: int, least: int, most: int) -> int:
        value = self.text(name, str(default))
        if not (value.isascii() and value.isdigit() and least <= int(value) <= most):
            raise BadEnvironment(MALFORMED.format(name=name, reason=f"it must be a number from {least} to {most}"))
        return int(value)

    def names(self, name: str) -> list[str]:
        return [part.strip() for part in self.text(name).split(",") if part.strip()]

    def database(self, name: str) -> str:
        value = self.text(name)
        if value and urlsplit(value).scheme not in {"postgresql", "postgres"}:
            raise BadEnvironment(MALFORMED.format(name=name, reason="it must begin with postgresql://"))
        return value

    def address(self, name: str) -> str:
        value = self.text(name).rstrip("/")
        if value:
            parts = urlsplit(value)
            try:
                _ = parts.port
                sound = parts.scheme in {"http", "https"} and bool(parts.hostname) and not (parts.path or parts.query)
            except ValueError:
                sound = False
            if not sound:
                reason = "it must look like https://mall.example.go.id, with no path"
                raise BadEnvironment(MALFORMED.format(name=name, reason=reason))
        return value

    def issuer(self, name: str) -> str:
        """An address that may have a path, as identity providers do."""
        value = self.text(name).rstrip("/")
        parts = urlsplit(value)
        if value and not (parts.scheme in {"http", "https"} and parts.hostname and not parts.query):
            reason = "it must look like https://login.example.go.id/realms/staff"
            raise BadEnvironment(MALFORMED.format(name=name, reason=reason))
        if parts.scheme == "http" and parts.hostname not in {"localhost", "127.0.0.1", "::1"}:
            # What comes back from the provider is believed because TLS protects it.
            raise BadEnvironment(MALFORMED.format(name=name, reason="it must begin with https://"))
        return value

    def together(self, *names: str) -> None:
        """Stop unless all of the variables are set, or none of them."""
        missing = [name for name in names if not self.environ.get(name, "").strip()]
        if missing and len(missing) < len(names):
            raise BadEnvironment(
                f"The environment variable {missing[0]} is missing; {', '.join(names)} belong together: "
                "set all of them or none."
            )

    def secret(self, name: str) -> str:
        value = self.text(name)
        if value and len(value) < 40:
            raise BadEnvironment(MALFORMED.format(name=name, reason="it must have at least 40 characters"))
        return value

    def key(self, name: str) -> bytes:
        value = self.text(name)
        return _key(name, value) if value else b""

    def keys(self, name: str) -> dict[str, bytes]:
        found: dict[str, bytes] = {}
        for part in self.names(name):
            label, colon, value = part.partition(":")
            if not colon or not label.isalnum() or label in found:
                reason = "it must look like name:key,older:key, each name once, the first key encrypts"
                raise BadEnvironment(MALFORMED.format(name=name, reason=reason))
            found[label] = _key(name, value)
        return found


def _key(name: str, value: str) -> bytes:
    try:
        key = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise BadEnvironment(MALFORMED.format(name=name, reason=f"a key is {KEY_BYTES} bytes written in base64"))
    return key


def _environment(read: _Reader) -> Environment:
    read.together("OIDC_ISSUER", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET", "OIDC_NAME")
    return Environment(
        database_url=read.database("DATABASE_URL"),
        database_pool=read.number("PENDAPA_DATABASE_POOL", 8, 1, 200),
        database_timeout=read.number("PENDAPA_DATABASE_TIMEOUT", 10, 1, 86_400),
        secret_key=read.secret("SECRET_KEY"),
        field_keys=read.keys("FIELD_KEYS"),
        hash_key=read.key("HASH_KEY"),
        allowed_hosts=read.names("ALLOWED_HOSTS"),
        public_url=read.address("PUBLIC_URL"),
        live_url=read.address("LIVE_URL"),
        tls=read.flag("PENDAPA_TLS"),
        trusted_proxies=read.number("TRUSTED_PROXIES", 0, 0, 9),
        session_hours=read.number("PENDAPA_SESSION_HOURS", 12, 1, 168),
        oidc_issuer=read.issuer("OIDC_ISSUER"),
        oidc_client_id=read.text("OIDC_CLIENT_ID"),
        oidc_client_secret=read.text("OIDC_CLIENT_SECRET"),
        oidc_name=read.text("OIDC_NAME"),
        demo=read.flag("PENDAPA_DEMO"),
        debug=read.flag("PENDAPA_DEBUG"),
        log_level=read.choice("PENDAPA_LOG_LEVEL", ["DEBUG", "INFO", "WARNING", "ERROR"], "INFO"),
        data=read.text("PENDAPA_DATA"),
        static=read.text("PENDAPA_STATIC"),
        metrics=read.text("PROMETHEUS_MULTIPROC_DIR"),
        database_user=read.text("PENDAPA_DB_USER"),
        xdg_data_home=read.text("XDG_DATA_HOME"),
        ci=read.text("CI").lower() not in {"", "0", "false", "no"},
        test_database_url=read.database("PENDAPA_TEST_DATABASE_URL"),
    )


def read(environ: Mapping[str, str] | None = None) -> Environment:
    """The environment of this process (or the given one), or BadEnvironment with a sentence."""
    return _environment(_Reader(os.environ if environ is None else environ))


def names() -> list[str]:
    """Every variable that `read` looks at, in its order."""
    reader = _Reader({})
    _environment(reader)
    return reader.asked
