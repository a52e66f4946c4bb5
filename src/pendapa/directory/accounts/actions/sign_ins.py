"""Entries of the journal about signing in."""

from datetime import datetime
from typing import Any

from django.db import transaction

from pendapa.base.journal import actions as journal
from pendapa.directory.accounts.models import User


@transaction.atomic
def note_sign_in(*, user: User, verb: str, at: datetime, **data: Any) -> None:
    """Write down what somebody did to get in or out."""
    journal.record(verb=verb, subject=user, by=user, at=at, **data)


@transaction.atomic
def note_failed_sign_in(*, username: str, at: datetime) -> None:
    """Write down an attempt: at the account where the typed name is one, otherwise without any trace of it.

    What is typed in the wrong field may be a password, so it is never kept.
    """
    name = username[:150].replace("\0", "")
    user = User.objects.filter(username__iexact=name).first() if name else None
    journal.record(verb="sign_in.failed", subject=user or "sign_in", by="visitor", at=at)
