"""Upkeep of signing in."""

from importlib import import_module

from django.conf import settings

from pendapa.base import jobs


@jobs.periodic("20 2 * * *", queue="night", name="accounts.clear_sessions")
def clear_sessions() -> None:
    """Drop the sessions that are over, with what they kept: forms half typed, names, the way back."""
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
