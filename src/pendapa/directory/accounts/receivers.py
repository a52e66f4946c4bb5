"""The journal of signing in: Django and allauth announce, the journal keeps, without names and addresses."""

from typing import Any

from allauth.mfa import signals as second_factor
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver

from pendapa.base import clock
from pendapa.directory.accounts import actions
from pendapa.directory.accounts.models import User


@receiver(user_logged_in)
def signed_in(user: User, **_rest: Any) -> None:
    """Somebody is in, with all that was asked of them."""
    actions.note_sign_in(user=user, verb="user.signed_in", at=clock.now())


@receiver(user_logged_out)
def signed_out(user: User | None, **_rest: Any) -> None:
    """Somebody went, by their own click."""
    if user is not None:
        actions.note_sign_in(user=user, verb="user.signed_out", at=clock.now())


@receiver(user_login_failed)
def failed(credentials: dict[str, Any], **_rest: Any) -> None:
    """A wrong password, or a name that nobody has."""
    actions.note_failed_sign_in(username=str(credentials.get("username") or ""), at=clock.now())


@receiver(second_factor.authentication_failed)
def failed_second_factor(user: User, **_rest: Any) -> None:
    """The password was right, the code was not."""
    actions.note_sign_in(user=user, verb="sign_in.failed", at=clock.now(), step="second_factor")


@receiver(second_factor.authenticator_added)
def second_factor_added(user: User, authenticator: Any, **_rest: Any) -> None:
    """An app on a phone, or new recovery codes."""
    actions.note_sign_in(user=user, verb="user.second_factor_added", at=clock.now(), kind=authenticator.type)


@receiver(second_factor.authenticator_removed)
def second_factor_removed(user: User, authenticator: Any, **_rest: Any) -> None:
    """Somebody took away their own."""
    actions.note_sign_in(user=user, verb="user.second_factor_removed", at=clock.now(), kind=authenticator.type)


@receiver(second_factor.authenticator_reset)
def second_factor_renewed(user: User, authenticator: Any, **_rest: Any) -> None:
    """New recovery codes in place of the old."""
    actions.note_sign_in(user=user, verb="user.second_factor_renewed", at=clock.now(), kind=authenticator.type)
