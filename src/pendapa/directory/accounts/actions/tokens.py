"""Keys to the API."""

from datetime import datetime

from django.db import transaction

from pendapa.base import codes
from pendapa.base.journal import actions as journal
from pendapa.base.secrets import keyed_hash
from pendapa.directory.accounts.models import Device, Token, User
from pendapa.directory.accounts.queries import PURPOSE


@transaction.atomic
def create_token(*, bearer: User | Device, by: User | Device | None, at: datetime) -> str:
    """A new key for a person or a device. It is shown once and kept only as a keyed hash."""
    key = f"pdp_{codes.new_code().replace('-', '')}{codes.new_code().replace('-', '')}"
    owner = {"user": bearer} if isinstance(bearer, User) else {"device": bearer}
    Token.objects.create(key_hash=keyed_hash(key, purpose=PURPOSE), created_at=at, **owner)
    journal.record(verb="token.created", subject=bearer, by=by, at=at)
    return key


@transaction.atomic
def revoke_tokens(*, bearer: User | Device, by: User | None, at: datetime) -> int:
    """Lock a person or device out of the API at once; returns how many keys were withdrawn."""
    revoked = bearer.tokens.filter(revoked_at__isnull=True).update(revoked_at=at)
    if revoked:
        journal.record(verb="token.revoked", subject=bearer, by=by, at=at, count=revoked)
    return revoked
