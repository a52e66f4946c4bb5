"""Accounts, roles, devices and their keys."""

from datetime import datetime

from django.contrib.auth.password_validation import validate_password
from django.db import transaction

from pendapa.base import codes
from pendapa.base.journal import actions as journal
from pendapa.base.secrets import keyed_hash
from pendapa.directory.accounts.models import Device, DeviceKind, Role, RoleKind, Token, User
from pendapa.directory.accounts.queries import PURPOSE
from pendapa.directory.malls.models import Agency, Mall


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
def give_role(
    *, user: User, kind: RoleKind, mall: Mall | None, agency: Agency | None = None, by: User | None, at: datetime
) -> Role:
    """Let a person act in a role at a mall. Giving the same role twice changes nothing."""
    role, is_new = Role.objects.get_or_create(user=user, kind=kind, mall=mall, agency=agency)
    if is_new:
        journal.record(
            verb="role.given",
            subject=user,
            by=by,
            at=at,
            mall=mall.pk if mall else None,
            role=kind,
            agency=role.agency_id,
        )
    return role


@transaction.atomic
def create_device(*, mall: Mall, name: str, kind: DeviceKind, by: User | None, at: datetime) -> Device:
    """Register a kiosk or board of a mall."""
    device = Device.objects.create(mall=mall, name=name, kind=kind)
    journal.record(verb="device.created", subject=device, by=by, at=at, mall=mall.pk)
    return device


@transaction.atomic
def create_token(*, bearer: User | Device, by: User | None, at: datetime) -> str:
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
