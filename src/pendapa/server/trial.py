"""What a test run needs: keys that protect nothing, and an embedded PostgreSQL of its own."""

import base64
import importlib
import os
import shutil
import tempfile
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager, suppress
from pathlib import Path

from pendapa.server import env, postgres

KEYS = {
    "SECRET_KEY": "for tests only; this key protects nothing at all",
    "FIELD_KEYS": f"test:{base64.b64encode(b'f' * 32).decode('ascii')}",
    "HASH_KEY": base64.b64encode(b"h" * 32).decode("ascii"),
}
# Many threads meet in race tests, each with a connection of its own.
DATABASE_SETTINGS = {"max_connections": "300", "idle_in_transaction_session_timeout": "0"}


@contextmanager
def database(environ: MutableMapping[str, str]) -> Iterator[str]:
    """The address of a PostgreSQL for tests: the one the environment names, else an embedded one for this run.

    `fsync` and `synchronous_commit` stay on: races are measured on the database as it is used.
    """
    read = env.read(environ)
    given = read.test_database_url or read.database_url
    if given:
        yield given
        return
    folder = Path(tempfile.mkdtemp(prefix="pendapa-test-"))
    folder.chmod(0o755)  # as root, PostgreSQL's own account passes through
    try:
        with postgres.running(folder / "data", settings=DATABASE_SETTINGS, account=read.database_user) as cluster:
            yield cluster.url
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def describe(environ: MutableMapping[str, str], url: str) -> None:
    """Make the environment that of a test run."""
    environ["DATABASE_URL"] = environ["PENDAPA_TEST_DATABASE_URL"] = url
    for name, value in {
        **KEYS,
        "ALLOWED_HOSTS": "testserver,127.0.0.1,localhost",
        "PENDAPA_DATABASE_POOL": "100",
        "PENDAPA_DATABASE_TIMEOUT": "60",
    }.items():
        environ.setdefault(name, value)
    environ["DJANGO_SETTINGS_MODULE"] = "pendapa.server.settings"


def read_settings_again() -> None:
    """Let Django see the environment as it is now: pytest-django loads the settings before any conftest."""
    from django.conf import settings
    from django.db import connections

    if not settings.configured:
        return
    fresh = importlib.reload(importlib.import_module(os.environ["DJANGO_SETTINGS_MODULE"]))
    for name in dir(fresh):
        if name.isupper():
            setattr(settings, name, getattr(fresh, name))
    connections.close_all()
    connections.settings = connections.configure_settings(settings.DATABASES)
    for alias in connections:
        with suppress(AttributeError):  # nobody has used it yet
            del connections[alias]
