"""The secrets of second factors, as the database keeps them."""

from allauth.mfa.models import Authenticator
from django.db import transaction

from pendapa.base.secrets import decrypt, encrypt

_CONTEXT = "allauth.mfa.Authenticator.data"
_PARTS = ("secret", "seed")  # of the app on the phone, of the recovery codes


def hide(text: str) -> str:
    """A secret as it is stored."""
    return encrypt(text, context=_CONTEXT)


def reveal(stored: str) -> str:
    """A stored secret as it is used."""
    return str(decrypt(stored, context=_CONTEXT))


def reencrypt_second_factors() -> int:
    """Bring all secrets under the newest field key; returns how many changed. May be stopped and started again."""
    changed = 0
    for pk in Authenticator.objects.values_list("pk", flat=True):
        with transaction.atomic():
            one = Authenticator.objects.select_for_update().get(pk=pk)
            for part in _PARTS:
                if stored := one.data.get(part):
                    one.data[part] = hide(reveal(stored))
                    changed += 1
            one.save(update_fields=["data"])
    return changed
