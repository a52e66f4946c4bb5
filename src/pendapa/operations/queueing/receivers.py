"""What queueing does when something happens further down."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.dispatch import receiver

from pendapa.base.journal.rules import Actor
from pendapa.directory.accounts import events
from pendapa.directory.accounts import queries as accounts
from pendapa.directory.accounts.models import User
from pendapa.directory.catalogue import events as catalogue
from pendapa.directory.catalogue.models import PublicService
from pendapa.directory.malls import events as malls
from pendapa.operations.queueing import actions, queries
from pendapa.operations.queueing.models import CounterStatus


@receiver(events.person_left)
def free_the_counter(user: User, by: User | None, at: datetime, **_rest: Any) -> None:
    """Whoever waits at the counter of someone who left gets back in line."""
    actions.free_counter_of(officer=user, by=by, at=at)


@receiver(events.role_taken)
def free_the_counter_of_others(user: User, by: User | None, at: datetime, **_rest: Any) -> None:
    """Whoever sits at a counter where they may no longer serve leaves it."""
    status = CounterStatus.objects.select_related("counter__mall").filter(officer=user).first()
    if status is not None and not accounts.may_serve(user, status.counter, at):
        actions.free_counter_of(officer=user, by=by, at=at)


@receiver(malls.hours_changing)
def days_that_change(changes: Sequence[malls.HoursChange], at: datetime, **_rest: Any) -> list[malls.Impact]:
    """Days that are made already get other hours; their numbers may lie outside them."""
    return queries.impacts_on_days(changes)


@receiver(malls.hours_changed)
def follow_the_hours(changes: Sequence[malls.HoursChange], by: Actor | str, at: datetime, **_rest: Any) -> None:
    """Days that are made already follow their schedule."""
    actions.follow_hours(changes=changes, by=by, at=at)


@receiver(catalogue.service_retired)
def give_no_more_numbers(service: PublicService, by: Actor | str, at: datetime, **_rest: Any) -> None:
    """A service that is no longer given is taken by no queue. Brought back, its page says that it needs one."""
    actions.let_go_of(service=service, by=by, at=at)
