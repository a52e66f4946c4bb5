"""Two clicks in the same moment: one link sets one password, and somebody always administers the installation."""

import threading
from datetime import date, datetime, time
from typing import Any

import pytest
from django.db import IntegrityError
from django.db.models import QuerySet
from tests.concurrency.stage import holding, outcome

from pendapa.directory.accounts import actions, queries
from pendapa.directory.accounts.actions import RoleAt, invitations, people
from pendapa.directory.accounts.actions.invitations import InvitationOver
from pendapa.directory.accounts.actions.people import LastAdministrator
from pendapa.directory.accounts.actions.postings import PostedAlready
from pendapa.directory.accounts.models import Posting, RoleKind, User
from pendapa.directory.malls.models import Mall

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]
PERSON = "SELECT FROM accounts_user WHERE id = %s FOR UPDATE"
ADMINISTRATORS = "SELECT FROM accounts_role WHERE kind = 'administrator' FOR UPDATE"
NOW = datetime.fromisoformat("2026-11-24T03:00:00+00:00")
PASSWORDS = ("gerbang-jati-1987", "pintu-sonokeling-88")


def invite(name: str, kind: RoleKind, mall: Mall | None = None) -> actions.Invited:
    return actions.invite_person(
        username=name, full_name=name.title(), roles=[RoleAt(kind, mall)], by=None, at=NOW, real_at=NOW
    )


def accept(code: str, password: str) -> User:
    return actions.accept_invitation(code=code, password=password, at=NOW, real_at=NOW)


def a_link_works_once() -> None:
    invited = invite("rini", RoleKind.MINISTRY_VIEWER)
    with holding(PERSON, invited.user.pk) as stage:
        tries = [stage.begin(lambda typed=typed: accept(invited.code, typed)) for typed in PASSWORDS]  # type: ignore[misc]  # mypy cannot infer it
        stage.release()
    assert [outcome(one) for one in tries] == [invited.user, InvitationOver]
    assert User.objects.get(pk=invited.user.pk).check_password(PASSWORDS[0])


def test_a_link_that_two_people_open_at_once_works_once() -> None:
    a_link_works_once()


def test_without_the_second_look_it_works_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = threading.local()
    real = invitations.open_invitation

    def look_once(**asked: Any) -> Any:
        if not hasattr(seen, "found"):
            seen.found = real(**asked)
        return seen.found

    monkeypatch.setattr(invitations, "open_invitation", look_once)
    with pytest.raises(AssertionError):
        a_link_works_once()


def one_administrator_stays() -> None:
    pair = [accept(invite(name, RoleKind.ADMINISTRATOR).code, PASSWORDS[0]) for name in ("satu", "dua")]
    with holding(ADMINISTRATORS) as stage:
        going = [stage.begin(lambda one=one: actions.leave(user=one, by=one, at=NOW)) for one in pair]  # type: ignore[misc]  # mypy cannot infer it
        stage.release()
    assert {outcome(one) for one in going} == {None, LastAdministrator}
    assert queries.administrators().count() == 1


def test_two_administrators_who_leave_at_once_cannot_both_go() -> None:
    one_administrator_stays()


def test_without_the_lock_both_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people, "_lock_administrators", lambda: None)
    with pytest.raises(AssertionError):
        one_administrator_stays()


def a_person_is_not_posted_twice(*, refused: type[Exception], words: str = "") -> None:
    mall = Mall.objects.create(code="contoh", name="MPP Contoh")
    user = invite("rini", RoleKind.HOST, mall).user

    def post(starts: int) -> Posting:
        return actions.save_posting(
            mall=mall,
            user=user,
            counter=None,
            date=date(2026, 11, 25),
            starts=time(starts),
            ends=time(12),
            by=None,
            at=NOW,
        )

    with holding(PERSON, user.pk) as stage:
        both = [stage.begin(lambda: post(8)), stage.begin(lambda: post(9))]
        stage.release()
    assert outcome(both[1]) is refused
    assert words in str(both[1].exception())
    assert Posting.objects.get().starts == time(8)


def test_a_person_is_not_posted_twice_for_the_same_hour() -> None:
    a_person_is_not_posted_twice(refused=PostedAlready)


def test_without_the_locked_person_the_constraint_alone_refuses_the_second(monkeypatch: pytest.MonkeyPatch) -> None:
    """The roster stays right, but nobody is told in words why."""
    patient = QuerySet.select_for_update

    def sees_persons_unlocked(self: QuerySet[Any], **options: Any) -> QuerySet[Any]:
        return self.all() if self.model is User else patient(self, **options)

    monkeypatch.setattr(QuerySet, "select_for_update", sees_persons_unlocked)
    a_person_is_not_posted_twice(refused=IntegrityError, words="postings_of_a_person_do_not_overlap")
