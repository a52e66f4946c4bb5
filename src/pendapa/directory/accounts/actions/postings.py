"""Who works where and when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from pendapa.base.errors import Refused
from pendapa.base.records import actions as records
from pendapa.base.records.models import RemovedRecord
from pendapa.directory.accounts import queries, rules
from pendapa.directory.accounts.models import Posting, User
from pendapa.directory.malls.models import Counter, Mall
from pendapa.directory.malls.queries import service_date


class PostedAlready(Refused):
    """The person works somewhere else at that time."""


class NotYourRoster(Refused):
    """The person who asks may not plan for that agency, or for people without one."""

    status = 404


@transaction.atomic
def save_posting(
    *,
    posting: Posting | None = None,
    mall: Mall,
    user: User,
    counter: Counter | None,
    date: date,
    starts: time,
    ends: time,
    version: int | None = None,
    by: User | None,
    at: datetime,
) -> Posting:
    """Post a person at a counter, or in the hall without one, for a stretch of a day.

    Raises `PostedAlready` where it meets another posting of the same day, `NotYourRoster`, `ValidationError`,
    `ChangedMeanwhile`, `Gone`.
    """
    user = User.objects.select_for_update().get(pk=user.pk)  # one plan for a person at a time
    if posting is not None:
        insist_on_roster(by, mall, posting.user, posting.counter)
    check_posting(
        mall=mall,
        user=user,
        counter=counter,
        date=date,
        starts=starts,
        ends=ends,
        by=by,
        but=posting.pk if posting else None,
    )
    values = {"user": user, "counter": counter, "date": date, "starts": starts, "ends": ends}
    if posting is None:
        return records.add(Posting(mall=mall, **values), by=by, at=at)
    records.change(posting, values, version=version, by=by, at=at)
    return posting


def check_posting(
    *,
    mall: Mall,
    user: User,
    counter: Counter | None,
    date: date,
    starts: time,
    ends: time,
    by: User | None,
    but: int | None = None,
) -> None:
    """Raise what `save_posting` would raise, and write nothing; `but` is the posting that is to be replaced."""
    insist_on_roster(by, mall, user, counter)
    _check_place(mall, user, counter, date, starts)
    others = Posting.objects.filter(user=user, date=date).select_related("user", "counter", "mall")
    for other in others if but is None else others.exclude(pk=but):
        if rules.overlap(starts, ends, other.starts, other.ends):
            raise PostedAlready(_overlap_words(other, mall))


@transaction.atomic
def remove_posting(*, posting: Posting, by: User | None, at: datetime) -> RemovedRecord:
    """Take a posting out of the roster; it can come back. Raises `NotYourRoster`, `Gone`."""
    insist_on_roster(by, posting.mall, posting.user, posting.counter)
    return records.remove(posting, by=by, at=at)


@transaction.atomic
def restore_posting(*, mall: Mall, removed: RemovedRecord, by: User | None, at: datetime) -> None:
    """Bring a posting back where it could be made today: the person may have left, or works elsewhere by now.

    Raises `PostedAlready`, `NotYourRoster`, `CannotRestore`; nothing comes back then.
    """
    records.restore(removed, by=by, at=at)
    posting = Posting.objects.select_related("user", "counter").get(pk=int(removed.subject.rpartition(":")[2]))
    try:
        check_posting(
            mall=mall,
            user=posting.user,
            counter=posting.counter,
            date=posting.date,
            starts=posting.starts,
            ends=posting.ends,
            by=by,
            but=posting.pk,
        )
    except ValidationError as error:
        raise PostedAlready(" ".join(error.messages)) from error


@dataclass(frozen=True)
class Copied:
    """How many postings were made anew, and why others were not, in sentences."""

    made: int
    left_out: list[str]


@transaction.atomic
def copy_week(*, postings: Sequence[Posting], by: User | None, at: datetime) -> Copied:
    """Post the same people a week later. What meets another posting then, or no longer fits, is left out and told.

    A posting that stands there already is neither copied nor told. Raises `NotYourRoster`.
    """
    made, left_out = 0, []
    for one in postings:
        later = one.date + timedelta(days=7)
        same: dict[str, Any] = {"user": one.user, "counter": one.counter, "starts": one.starts, "ends": one.ends}
        if Posting.objects.filter(mall=one.mall, date=later, **same).exists():
            continue
        try:
            with transaction.atomic():
                save_posting(mall=one.mall, date=later, by=by, at=at, **same)
        except PostedAlready as refusal:
            left_out.append(f"{later:%Y-%m-%d}: {refusal.sentence}")
        except ValidationError as error:
            left_out.append(f"{later:%Y-%m-%d}: {' '.join(error.messages)}")
        else:
            made += 1
    return Copied(made, left_out)


def remove_postings_from(user: User, *, by: User | None, at: datetime) -> None:
    """Take all postings from today on out of the roster, for somebody who leaves."""
    for posting in Posting.objects.filter(user=user).select_related("mall"):
        if posting.date >= service_date(posting.mall, at):
            records.remove(posting, by=by, at=at)


def insist_on_roster(by: User | None, mall: Mall, user: User, counter: Counter | None) -> None:
    """Raise `NotYourRoster` unless `by` plans for the whole mall, or for the counter's agency and the person's."""
    if by is None:
        return
    agencies = queries.standing_at(by, mall).agencies(rules.Act.MANAGE)
    if agencies is None:
        return
    is_theirs = user.roles.filter(mall=mall, agency__in=agencies).exists()
    if not is_theirs or (counter is not None and not _has_a_share(counter, agencies)):
        raise NotYourRoster(_("This roster is not yours."))


def _has_a_share(counter: Counter, agencies: frozenset[int]) -> bool:
    return counter.agency_id in agencies or counter.shares.filter(agency__in=agencies).exists()


def _check_place(mall: Mall, user: User, counter: Counter | None, date: date, starts: time) -> None:
    if not user.is_active or not user.roles.filter(mall=mall).exists():
        raise ValidationError({"user": _("%(name)s has no role at this mall.") % {"name": user.full_name}})
    if counter is None:
        return
    if counter.mall_id != mall.pk:
        raise ValidationError({"counter": _("This counter belongs to another mall.")})
    if not queries.may_serve(user, counter, datetime.combine(date, starts, mall.zone_info)):
        raise ValidationError(
            {
                "counter": _("%(name)s may not serve at counter %(number)d on that day.")
                % {"name": user.full_name, "number": counter.number}
            }
        )


def _overlap_words(other: Posting, mall: Mall) -> str:
    facts = {
        "name": other.user.full_name,
        "number": other.counter.number if other.counter else 0,
        "from": f"{other.starts:%H:%M}",
        "until": f"{other.ends:%H:%M}",
    }
    if other.mall_id != mall.pk:
        return _("%(name)s works at another mall from %(from)s until %(until)s that day.") % facts
    if other.counter is None:
        return _("%(name)s works in the hall from %(from)s until %(until)s that day.") % facts
    return _("%(name)s works at counter %(number)d from %(from)s until %(until)s that day.") % facts
