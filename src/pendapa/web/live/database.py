"""The live server's two connections to the database: impatient, and none of the pool.

A pool waits longer and longer between its attempts to connect: after a long outage screens would stay silent for
minutes more. It may also be busy.
"""

from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections

PATIENCE = 2.0  # seconds that a reading of the journal may take before the connection counts as broken
_IMPATIENT = {"connect_timeout": 3, "tcp_user_timeout": 10_000}  # seconds, milliseconds; a socket knows no second one
_OF_DJANGO = ("context", "cursor_factory", "server_side_binding")


def parameters() -> dict[str, Any]:
    """How psycopg connects to Django's database, for reading the journal."""
    given = dict(connections[DEFAULT_DB_ALIAS].get_connection_params())
    for name in _OF_DJANGO:
        given.pop(name, None)
    options = f"{given.get('options', '')} -c statement_timeout={round(PATIENCE * 1000)} -c TimeZone=UTC".strip()
    return {**given, **_IMPATIENT, "options": options, "application_name": "pendapa live"}


def leave_pool() -> None:
    """Let Django's queries of this thread run on a connection of its own."""
    own = connections.create_connection(DEFAULT_DB_ALIAS)
    options = {name: value for name, value in own.settings_dict["OPTIONS"].items() if name != "pool"}
    own.settings_dict = {**own.settings_dict, "OPTIONS": {**options, **_IMPATIENT}}
    connections[DEFAULT_DB_ALIAS] = own
