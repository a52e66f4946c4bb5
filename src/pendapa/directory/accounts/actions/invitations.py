"""Links by which people set their password, once. Codes are kept as keyed hashes, moments are real time."""

from datetime import datetime

from django.contrib.auth.password_validation import validate_password
from django.db import transaction
from django.utils.translation import gettext as _

from pendapa.base import codes
from pendapa.base.errors import Refused
from pendapa.base.journal import actions as journal
from pendapa.base.secrets import keyed_hash
from pendapa.directory.accounts import queries
from pendapa.directory.accounts.models import Invitation, User
from pendapa.directory.accounts.rules import INVITATION_LIFE

_PURPOSE = "invitation"


class NoInvitation(Refused):
    """No link has this code."""

    status = 404


class InvitationOver(Refused):
    """The link was used, withdrawn or replaced, ran out, or its owner left."""

    status = 410


def invite(user: User, *, by: User | None, real_at: datetime) -> str:
    """A new link's code for a person; older links of theirs end. Only people's own actions call this."""
    withdraw_invitations(user, real_at=real_at)
    code = codes.new_code()
    Invitation.objects.create(
        user=user,
        code_hash=_hash(code),
        created_by=by,
        created_at=real_at,
        expires_at=real_at + INVITATION_LIFE,
    )
    return code


def withdraw_invitations(user: User, *, real_at: datetime) -> None:
    """End the open link of a person."""
    Invitation.objects.filter(user=user, accepted_at=None, withdrawn_at=None).update(withdrawn_at=real_at)


def open_invitation(*, code: str, real_at: datetime) -> Invitation:
    """The invitation of a link that can still be used. Raises `NoInvitation`, `InvitationOver`."""
    try:
        code = codes.normalise(code)
    except codes.BadCode as error:
        raise NoInvitation(_("This link is not complete. Please open it as you received it.")) from error
    found = Invitation.objects.select_related("user", "created_by").filter(code_hash=_hash(code)).first()
    if found is None:
        raise NoInvitation(_("This link is not complete. Please open it as you received it."))
    if found.accepted_at:
        raise InvitationOver(_("This link was used already. Sign in with your password, or ask for a new link."))
    if found.withdrawn_at or not found.user.is_active or not _still_holds(found):
        raise InvitationOver(_("This link no longer holds. Please ask whoever invited you for a new one."))
    if found.expires_at <= real_at:
        raise InvitationOver(_("This link has run out. Please ask whoever invited you for a new one."))
    return found


@transaction.atomic
def accept_invitation(*, code: str, password: str, at: datetime, real_at: datetime) -> User:
    """Set the password of the person whom the link was for, once; sessions from before end.

    Raises `NoInvitation`, `InvitationOver`, `ValidationError` for a weak password.
    """
    invitation = open_invitation(code=code, real_at=real_at)
    user = User.objects.select_for_update().get(pk=invitation.user_id)
    open_invitation(code=code, real_at=real_at)  # once more, now that nobody can change it
    validate_password(password, user)
    user.set_password(password)
    user.seal += 1
    user.save(update_fields=["password", "seal"])
    unlink_single_sign_on(user)
    Invitation.objects.filter(pk=invitation.pk).update(accepted_at=real_at)
    journal.record(verb="user.accepted_invitation", subject=user, by=user, at=at)
    return user


def _still_holds(invitation: Invitation) -> bool:
    """Whether its maker still looks after the account; the installation's own links always hold.

    Otherwise a link that was made before a promotion would open the promoted account, and one that was kept would
    outlive its maker's own leaving.
    """
    maker = invitation.created_by
    return maker is None or queries.giving_of(maker).may_look_after(invitation.user)


def unlink_single_sign_on(user: User) -> None:
    """Forget which account of the provider is this person's; the next sign-in there links it anew, by e-mail.

    A link that outlives a change of hands would be a door that nobody sees.
    """
    from allauth.socialaccount.models import SocialAccount  # its models come after this app's

    SocialAccount.objects.filter(user=user).delete()


def _hash(code: str) -> str:
    return keyed_hash(code, purpose=_PURPOSE)
