"""People and their roles."""

from datetime import datetime

from django.contrib.auth.password_validation import validate_password
from django.db import transaction

from pendapa.base.journal import actions as journal
from pendapa.directory.accounts.models import Role, RoleKind, User
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
