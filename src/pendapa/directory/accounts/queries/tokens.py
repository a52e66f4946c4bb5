"""Whose key it is."""

from django.db.models import Q

from pendapa.base.secrets import keyed_hash
from pendapa.directory.accounts.models import Device, Token, User

PURPOSE = "api-token"


def bearer_of(key: str) -> User | Device | None:
    """The person or device that a token names, or None for a wrong, revoked or locked one. One statement."""
    token = (
        Token.objects.filter(key_hash=keyed_hash(key, purpose=PURPOSE), revoked_at__isnull=True)
        .filter(Q(user__is_active=True) | Q(device__is_active=True))
        .select_related("user", "device")
        .first()
    )
    return token.bearer if token else None
