"""People from their invitation until they leave, and their roles.

`by` is who does it, None for the installation itself (the command line, the demo). Nobody reaches further than
`queries.Giving` says. The journal names people by id, and tells that names and addresses changed, not to what.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from pendapa.base.errors import Refused
from pendapa.base.journal import actions as journal
from pendapa.base.records import actions as records
from pendapa.directory.accounts import events, queries, rules
from pendapa.directory.accounts.actions.invitations import invite, unlink_single_sign_on, withdraw_invitations
from pendapa.directory.accounts.actions.postings import remove_postings_from
from pendapa.directory.accounts.actions.tokens import revoke_tokens
from pendapa.directory.accounts.models import Role, RoleKind, User
from pendapa.directory.malls.models import Agency, Mall, Region


class BeyondReach(Refused):
    """The person may not give this role there, or does not look after that account."""

    status = 404


class LastAdministrator(Refused):
    """Nobody would be left who administers the installation."""


class HasLeft(Refused):
    """The person left, so nothing but coming back can be done with the account."""


@dataclass(frozen=True)
class RoleAt:
    """A role to be given, with its place."""

    kind: RoleKind
    mall: Mall | None
    agency: Agency | None = None
    region: Region | None = None


@dataclass(frozen=True)
class Invited:
    """Somebody who was invited, and the code of their link: it is known now and never again."""

    user: User
    code: str


@transaction.atomic
def create_user(*, username: str, full_name: str, password: str, by: User | None, at: datetime) -> User:
    """Give someone an account. Raises `ValidationError` for a weak password or a taken name."""
    user = User(username=username, full_name=full_name, joined_at=at)
    validate_password(password, user)
    user.set_password(password)
    user.full_clean()
    user.save()
    journal.record(verb="user.created", subject=user, by=by, at=at)
    return user


@transaction.atomic
def invite_person(
    *,
    username: str,
    full_name: str,
    email: str = "",
    position: str = "",
    roles: Sequence[RoleAt],
    by: User | None,
    at: datetime,
    real_at: datetime,
) -> Invited:
    """Make an account without a password, with its roles, and the link by which its owner sets one.

    Names to sign in with are kept in small letters. Raises `BeyondReach`, `ValidationError`.
    """
    user = User(
        username=username.strip().lower(),
        full_name=full_name.strip(),
        email=email.strip(),
        position=position.strip(),
        joined_at=at,
    )
    user.set_unusable_password()
    _check_free(user)
    user.full_clean()
    user.save(force_insert=True)
    journal.record(verb="user.invited", subject=user, by=by, at=at, mall=_mall_of(roles))
    for role in roles:
        give_role(user=user, kind=role.kind, mall=role.mall, agency=role.agency, region=role.region, by=by, at=at)
    return Invited(user, invite(user, by=by, real_at=real_at))


@transaction.atomic
def renew_invitation(*, user: User, by: User | None, at: datetime, real_at: datetime) -> str:
    """A new link for someone whose invitation ran out or who forgot the password; older links end.

    The present password holds until the link is used. Raises `BeyondReach`, `HasLeft`.
    """
    _claim(user, by)
    _insist_here(user)
    code = invite(user, by=by, real_at=real_at)
    records.note(user, "invited_anew", by=by, at=at)
    return code


@transaction.atomic
def change_person(
    *, user: User, values: Mapping[str, Any], version: int | None, by: User | None, at: datetime
) -> list[str]:
    """Change name, user name, e-mail or position. Raises `BeyondReach`, `ChangedMeanwhile`, `ValidationError`."""
    _claim(user, by)
    values = {name: str(value).strip() for name, value in values.items()}
    if "username" in values:
        values["username"] = values["username"].lower()
    _check_free(User(pk=user.pk, **{name: values[name] for name in ("username", "email") if name in values}))
    changed = records.change(user, values, version=version, by=by, at=at)
    if "email" in changed:
        unlink_single_sign_on(user)
    return changed


@transaction.atomic
def give_role(
    *,
    user: User,
    kind: RoleKind,
    mall: Mall | None,
    agency: Agency | None = None,
    region: Region | None = None,
    by: User | None,
    at: datetime,
) -> Role:
    """Let a person act in a role at a mall. Giving the same role twice changes nothing. Raises `BeyondReach`."""
    _insist_may_give(by, kind, mall.pk if mall else None, agency.pk if agency else None)
    if by is not None and agency is not None and not agency.tenancies.filter(mall=mall).exists():
        raise BeyondReach(_("This agency has no stand in the mall."))
    records.claim(user, version=None)  # a role given while somebody leaves would stay on the locked account
    _insist_here(user)
    role, is_new = Role.objects.get_or_create(user=user, kind=kind, mall=mall, agency=agency, region=region)
    if is_new:
        _tell_role("role.given", role, by=by, at=at)
        if rules.needs_second_factor({kind}):
            # Sessions that are open now look again whether there is a second factor.
            User.objects.filter(pk=user.pk).update(version=F("version") + 1)
            user.refresh_from_db(fields=["version"])
    return role


@transaction.atomic
def take_role(*, role: Role, by: User | None, at: datetime) -> None:
    """Take a role from a person; a second click finds it taken. Raises `BeyondReach`, `LastAdministrator`."""
    _insist_may_give(by, role.kind, role.mall_id, role.agency_id)
    if (role.kind, role.mall_id) == (RoleKind.ADMINISTRATOR, None):
        _insist_on_another_administrator(role.user)
    if Role.objects.filter(pk=role.pk).delete()[0]:
        _tell_role("role.taken", role, by=by, at=at)
        events.role_taken.send(sender=User, user=role.user, by=by, at=at)


@transaction.atomic
def leave(*, user: User, by: User | None, at: datetime) -> None:
    """Lock somebody who left out of everything at once: pages, keys, roles, links, postings to come.

    A second click finds them gone. Raises `BeyondReach`, `LastAdministrator`.
    """
    _claim(user, by)
    if user.left_at:
        return
    roles = list(user.roles.select_related("mall"))
    if any((role.kind, role.mall_id) == (RoleKind.ADMINISTRATOR, None) for role in roles):
        _insist_on_another_administrator(user)
    for role in roles:
        role.delete()
        _tell_role("role.taken", role, by=by, at=at)
    user.former_roles = [
        {"kind": role.kind, "mall": role.mall_id, "agency": role.agency_id, "region": role.region_id} for role in roles
    ]
    user.is_active, user.left_at = False, at
    user.seal += 1
    user.version += 1
    user.save(update_fields=["former_roles", "is_active", "left_at", "seal", "version"])
    revoke_tokens(bearer=user, by=by, at=at)
    withdraw_invitations(user, real_at=at)
    remove_postings_from(user, by=by, at=at)
    records.note(user, "left", by=by, at=at, mall=next((role.mall_id for role in roles if role.mall_id), None))
    events.person_left.send(sender=User, user=user, by=by, at=at)


@transaction.atomic
def come_back(*, user: User, by: User | None, at: datetime, real_at: datetime) -> str:
    """Take back someone who left, with the roles they had, all of which `by` may give; returns a new link's code.

    The old password no longer holds. Raises `BeyondReach`, or `Refused` for someone who never left.
    """
    _claim(user, by)
    if not user.left_at:
        raise Refused(_("%(name)s has not left.") % {"name": user.full_name})
    former, user.former_roles = user.former_roles, []
    user.is_active, user.left_at = True, None
    user.set_unusable_password()
    user.seal += 1
    user.version += 1
    user.save(update_fields=["former_roles", "is_active", "left_at", "password", "seal", "version"])
    unlink_single_sign_on(user)
    records.note(user, "came_back", by=by, at=at, mall=next((one["mall"] for one in former if one["mall"]), None))
    for one in former:
        role, _new = Role.objects.get_or_create(
            user=user, kind=one["kind"], mall_id=one["mall"], agency_id=one["agency"], region_id=one["region"]
        )
        _tell_role("role.given", role, by=by, at=at)
    return invite(user, by=by, real_at=real_at)


@transaction.atomic
def sign_out_everywhere(*, user: User, by: User | None, at: datetime) -> None:
    """End all sessions of a person, on every machine; their keys to the API stay. Raises `BeyondReach`."""
    _claim(user, None if by == user else by)
    user.seal += 1
    user.version += 1
    user.save(update_fields=["seal", "version"])
    records.note(user, "signed_out_everywhere", by=by, at=at)


@transaction.atomic
def reset_second_factor(*, user: User, by: User | None, at: datetime) -> None:
    """Forget somebody's second factor and recovery codes, and sign them out: the phone was lost or taken.

    Raises `BeyondReach`.
    """
    _claim(user, by)
    if Authenticator.objects.filter(user=user).delete()[0]:
        unlink_single_sign_on(user)
        records.note(user, "second_factor_reset", by=by, at=at)
        sign_out_everywhere(user=user, by=by, at=at)


def set_language(*, user: User, language: str) -> None:
    """Remember in which language somebody works; nobody else's business, so not in the journal."""
    User.objects.filter(pk=user.pk).update(language=language)


def _claim(user: User, by: User | None) -> None:
    """Lock the account for the rest of the transaction, for someone who may look after it."""
    records.claim(user, version=None)
    if by is not None and not queries.giving_of(by).may_look_after(user):
        raise BeyondReach(_("You do not look after this account."))


def _insist_may_give(by: User | None, kind: str, mall: int | None, agency: int | None) -> None:
    if by is not None and not queries.giving_of(by).may(kind, mall, agency):
        raise BeyondReach(_("You cannot give or take this role here."))


def _insist_here(user: User) -> None:
    if not user.is_active:
        raise HasLeft(_("%(name)s has left. Bring them back first.") % {"name": user.full_name})


def _insist_on_another_administrator(user: User) -> None:
    _lock_administrators()
    if not queries.administrators().exclude(pk=user.pk).exists():
        raise LastAdministrator(
            _("%(name)s is the last administrator of the installation. Make another one first.")
            % {"name": user.full_name}
        )


def _lock_administrators() -> None:
    """So that two administrators cannot go, or send each other away, in the same moment."""
    whole = Role.objects.select_for_update().filter(kind=RoleKind.ADMINISTRATOR, mall=None)
    list(whole.order_by("pk").values_list("pk", flat=True))


def _check_free(user: User) -> None:
    """That neither the user name nor the e-mail is taken, in whatever letters, said at the field."""
    others = User.objects.exclude(pk=user.pk)
    errors = {}
    if user.username and others.filter(username__iexact=user.username).exists():
        errors["username"] = _("Somebody has this user name already.")
    if user.email and others.filter(email__iexact=user.email).exists():
        errors["email"] = _("Somebody has this e-mail address already.")
    if errors:
        raise ValidationError(errors)


def _tell_role(verb: str, role: Role, *, by: User | None, at: datetime) -> None:
    journal.record(
        verb=verb,
        subject=role.user,
        by=by,
        at=at,
        mall=role.mall_id,
        role=role.kind,
        agency=role.agency_id,
        **({"region": role.region_id} if role.region_id else {}),
    )


def _mall_of(roles: Sequence[RoleAt]) -> int | None:
    return next((role.mall.pk for role in roles if role.mall), None)
