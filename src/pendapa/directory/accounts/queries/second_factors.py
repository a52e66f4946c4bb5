"""Who still has to set up a second factor."""

from allauth.mfa.models import Authenticator
from django.db.models import Exists, OuterRef

from pendapa.directory.accounts import rules
from pendapa.directory.accounts.models import User

KINDS = [kind for kind, rule in rules.ROLES.items() if rule.needs_second_factor]


def lacks_second_factor(user: User) -> bool:
    """Whether a role of this person asks for a second factor that they have not set up. One statement."""
    has_one = Authenticator.objects.filter(user=OuterRef("user"), type=Authenticator.Type.TOTP)
    return user.roles.filter(~Exists(has_one), kind__in=KINDS).exists()


def is_obliged(user: User) -> bool:
    """Whether a role of this person asks for a second factor."""
    return user.roles.filter(kind__in=KINDS).exists()


def has_second_factor(user: User) -> bool:
    """Whether this person signs in with a code, too."""
    found: bool = Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists()
    return found
