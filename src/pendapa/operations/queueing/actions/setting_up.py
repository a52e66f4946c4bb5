"""Queues and work profiles, as the office sets them up before numbers can be given."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Greatest
from django.utils.translation import gettext as _

from pendapa.base.journal import actions as journal
from pendapa.base.journal.rules import Actor
from pendapa.base.records import actions as records
from pendapa.base.records.models import RemovedRecord
from pendapa.directory.catalogue.models import PublicService
from pendapa.directory.malls.models import Counter, Mall, Tenancy
from pendapa.directory.malls.queries import service_date
from pendapa.operations.queueing.actions.days import open_days
from pendapa.operations.queueing.models import CounterState, CounterStatus, Queue, QueueDay, QueueService, WorkProfile


@transaction.atomic
def save_queue(
    *,
    mall: Mall,
    queue: Queue | None,
    values: Mapping[str, Any],
    services: Iterable[PublicService] | None,
    version: int | None,
    by: Actor | str,
    at: datetime,
) -> Queue:
    """Add a queue of an agency, or change it, with the public services it takes; today's day is made if it is open.

    A service that another queue took moves here. None leaves the services alone. Raises `ValidationError` where zone,
    schedule, agency or service belong elsewhere.
    """
    for name in ("zone", "schedule"):
        if name in values and values[name].mall_id != mall.pk:
            raise ValidationError({name: _("This belongs to another mall.")})
    agency = values.get("agency", queue.agency if queue else None)
    if agency is None or not Tenancy.objects.filter(mall=mall, agency=agency).exists():
        raise ValidationError({"agency": _("This agency has no stand in this mall.")})
    is_new = queue is None
    if queue is None:
        queue = records.add(Queue(mall=mall, **values), by=by, at=at)
    elif "daily_limit" in records.change(queue, values, version=version, by=by, at=at):
        # What was given stays given: today's bound is never below today's last number.
        QueueDay.objects.filter(queue=queue, closed_at=None).update(
            number_limit=None if queue.daily_limit is None else Greatest(Value(queue.daily_limit), F("last_number"))
        )
    if services is not None:
        _take(queue, list(services), is_new=is_new, by=by, at=at)
    open_days(mall=mall, on=service_date(mall, at), at=at)
    return queue


@transaction.atomic
def save_work_profile(
    *,
    mall: Mall,
    profile: WorkProfile | None,
    values: Mapping[str, Any],
    queues: Iterable[Queue],
    counters: Iterable[Counter],
    version: int | None,
    by: Actor | str,
    at: datetime,
) -> WorkProfile:
    """Say which queues the counters of a profile serve. A counter that had another profile gets this one.

    A counter that leaves the profile serves nothing until it gets another one; while an officer sits there it stays.
    Raises `ValidationError` for a queue or counter of another mall, or an occupied counter that would be left alone.
    """
    queues, counters = list(queues), list(counters)
    malls = {queue.mall_id for queue in queues} | {counter.mall_id for counter in counters}
    if malls - {mall.pk}:
        raise ValidationError(_("This belongs to another mall."))
    if profile is None:
        profile = records.add(WorkProfile(mall=mall, **values), by=by, at=at)
    else:
        records.change(profile, values, version=version, by=by, at=at)
    left = CounterStatus.objects.select_for_update().filter(profile=profile).exclude(counter__in=counters)
    if occupied := [status for status in left if status.state != CounterState.CLOSED]:
        numbers = ", ".join(str(status.counter) for status in occupied)
        raise ValidationError(_("Counter %(numbers)s is open. Please close it first.") % {"numbers": numbers})
    before = _described(profile)
    CounterStatus.objects.filter(profile=profile).exclude(counter__in=counters).delete()
    profile.queues.set(queues)
    for counter in counters:
        CounterStatus.objects.update_or_create(counter=counter, defaults={"profile": profile})
    after = _described(profile)
    if before != after:
        changes = {name: [before[name], after[name]] for name in before if before[name] != after[name]}
        records.touch(profile, version=None, by=by, at=at, changes=changes)
    return profile


@transaction.atomic
def remove_queue(*, queue: Queue, by: Actor | str, at: datetime) -> RemovedRecord:
    """Remove a queue that never gave a number, with the days that were made for it; raises `StillUsed` once it has.

    Brought back, it gets its days as every queue does: by the task that keeps them, or when a number is asked for.
    """
    records.claim(queue, version=None)
    days = QueueDay.objects.select_for_update().filter(queue=queue)
    if any(day.last_number for day in days):
        raise records.StillUsed(
            _("%(name)s has given numbers, which are part of its history. A queue without services gives none.")
            % {"name": queue}
        )
    QueueDay.objects.filter(queue=queue).delete()
    return records.remove(queue, by=by, at=at)


@transaction.atomic
def remove_work_profile(*, profile: WorkProfile, by: Actor | str, at: datetime) -> RemovedRecord:
    """Remove a work profile. Raises `StillUsed` while counters have it."""
    if numbers := _described(profile)["counters"]:
        raise records.StillUsed(
            _("%(name)s is still the profile of counters %(numbers)s. Please give them another one first.")
            % {"name": profile, "numbers": numbers}
        )
    return records.remove(profile, by=by, at=at)


def _take(queue: Queue, services: list[PublicService], *, is_new: bool, by: Actor | str, at: datetime) -> None:
    if any(service.mall_id != queue.mall_id or service.agency_id != queue.agency_id for service in services):
        raise ValidationError(_("A queue takes services of its own agency only."))
    before = set(queue.services.values_list("pk", flat=True))
    after = {service.pk for service in services}
    if before == after:
        return
    losing = list(Queue.objects.filter(services__in=after - before).exclude(pk=queue.pk).distinct().order_by("pk"))
    QueueService.objects.filter(queue=queue).exclude(service__in=after).delete()
    QueueService.objects.filter(service__in=after - before).delete()
    QueueService.objects.bulk_create(QueueService(queue=queue, service_id=pk) for pk in after - before)
    _count_change(*losing, *([] if is_new else [queue]))
    journal.record(
        verb="queue.services_changed",
        subject=queue,
        by=by,
        at=at,
        added=sorted(after - before),
        removed=sorted(before - after),
    )


@transaction.atomic
def let_go_of(*, service: PublicService, by: Actor | str | None, at: datetime) -> None:
    """No queue takes the service any more, so that nobody is given a number for it. Numbers that are out stay good."""
    for queue in Queue.objects.filter(services=service):
        QueueService.objects.filter(queue=queue, service=service).delete()
        _count_change(queue)
        journal.record(verb="queue.services_changed", subject=queue, by=by, at=at, added=[], removed=[service.pk])


def _count_change(*queues: Queue) -> None:
    """What a queue takes is part of it: an editor who is behind notices, and pages that tell of it are drawn anew."""
    Queue.objects.filter(pk__in=[queue.pk for queue in queues]).update(version=F("version") + 1)
    for queue in queues:
        queue.version += 1


def _described(profile: WorkProfile) -> dict[str, str]:
    """The letters of a profile's queues and the numbers of its counters, as the journal tells them."""
    letters = sorted(profile.queues.values_list("prefix", flat=True))
    numbers = sorted(CounterStatus.objects.filter(profile=profile).values_list("counter__number", flat=True))
    return {"queues": ", ".join(letters), "counters": ", ".join(str(number) for number in numbers)}
