"""The life of a version: one person writes it, a second one reviews and publishes it.

Every act locks the service first and its version then, so two acts on one service follow each other.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import DateField, F, Func, Max, QuerySet
from django.utils.translation import gettext as _

from pendapa.base.errors import Refused
from pendapa.base.journal.rules import Actor, actor
from pendapa.base.records import actions as records
from pendapa.base.records.models import RemovedRecord
from pendapa.directory.catalogue import events, queries, rules, statements
from pendapa.directory.catalogue.models import PublicService, ServiceVersion, empty_content
from pendapa.directory.catalogue.rules import Change, Standard, State
from pendapa.directory.malls.queries import service_date


class ServiceRetired(Refused):
    """The service is no longer given, so nothing new is written or published for it."""


class NotADraft(Refused):
    """The version is in review or published, so nobody writes in it."""


class NotInReview(Refused):
    """Nobody has submitted the version, or it is published already."""


class NeedsReviewer(Refused):
    """Whoever wrote a version last cannot publish it."""


class NeedsRemark(Refused):
    """A version goes back to its writer only with a word on what is to be changed."""

    status = 422


class Incomplete(Refused):
    """Public components are missing. `facts` name them (`missing`, by their keys)."""

    status = 422


class DecreeNeedsAll(Refused):
    """A standard is set by decree only when all fourteen components are written. `facts` name what is `missing`."""

    status = 422


class BeginsInThePast(Refused):
    """A version holds from the day of its publication at the earliest."""

    status = 422


@transaction.atomic
def draft_version(*, service: PublicService, by: Actor | str, at: datetime) -> ServiceVersion:
    """The open draft of a service; where there is none, a new one that begins with what was published last."""
    _lock_service(service)
    draft = queries.open_draft(service)
    if draft is not None:
        return draft
    _refuse_retired(service)
    last = queries.versions_of(service).first()
    content = last.content if last else empty_content(service.name)
    return records.add(
        ServiceVersion(
            service=service,
            content=content,
            digest=rules.digest(content),
            drafted_by=actor(by),
            drafted_at=at,
        ),
        by=by,
        at=at,
    )


@transaction.atomic
def save_draft(
    *,
    draft: ServiceVersion,
    content: Mapping[str, Any] | Standard,
    version: int | None,
    by: Actor | str,
    at: datetime,
) -> tuple[Change, ...]:
    """Keep what somebody wrote, complete or not; returns what differs from before. Whoever saves is its writer.

    Raises `Faulty` with every entry that does not fit, `NotADraft`, `ChangedMeanwhile`, `Gone`.
    """
    standard = rules.from_json(rules.to_json(content) if isinstance(content, Standard) else content)
    _lock(draft, version)
    if draft.state != State.DRAFT:
        raise NotADraft(_("This version is in review or published already. Have it returned before you change it."))
    found = rules.changes(draft.standard, standard)
    if found:
        written = rules.to_json(standard)
        values = {"content": written, "digest": rules.digest(written), "drafted_by": actor(by), "drafted_at": at}
        records.change(draft, values, version=version, by=by, at=at)
    return found


@transaction.atomic
def submit(*, draft: ServiceVersion, version: int | None, by: Actor | str, at: datetime) -> ServiceVersion:
    """Ask for a review. Raises `Incomplete` while public components are missing, `NotADraft`, `ChangedMeanwhile`."""
    _lock(draft, version)
    if not rules.may("submit", draft.state):
        raise NotADraft(_("This version is submitted already."))
    _refuse_retired(draft.service)
    _refuse_incomplete(draft.standard)
    values = {"submitted_by": actor(by), "submitted_at": at, "remark": ""}
    _step("submit", draft, values, by=by, at=at)
    records.note(draft, "submitted", by=by, at=at)
    return draft


@transaction.atomic
def return_to_drafter(
    *, draft: ServiceVersion, remark: str, version: int | None, by: Actor | str, at: datetime
) -> ServiceVersion:
    """Give a version back to be changed, with a remark. Its own writer may take it back so too.

    Raises `NeedsRemark`, `NotInReview`, `ChangedMeanwhile`.
    """
    if not remark.strip():
        raise NeedsRemark(_("Please write what is to be changed."))
    _lock(draft, version)
    if not rules.may("return", draft.state):
        raise NotInReview(_("This version is not in review."))
    _step("return", draft, {"remark": remark.strip(), "submitted_by": "", "submitted_at": None}, by=by, at=at)
    records.note(draft, "returned", by=by, at=at)
    return draft


@transaction.atomic
def publish(
    *, draft: ServiceVersion, valid_from: date | None, version: int | None, by: Actor | str, at: datetime
) -> ServiceVersion:
    """Let a submitted version hold from a date on (today at the mall where none is given); `by` reviewed it.

    The version before ends on the day before. One that was to begin on this date or later never does. Raises
    `NotInReview`, `NeedsReviewer`, `BeginsInThePast`, `Incomplete`, `DecreeNeedsAll`, `ChangedMeanwhile`.
    """
    _lock(draft, version)
    if not rules.may("publish", draft.state):
        raise NotInReview(_("This version is not in review."))
    service = draft.service
    _refuse_retired(service)
    if draft.drafted_by == actor(by):
        raise NeedsReviewer(_("You wrote this version yourself. A second person reviews and publishes it."))
    today = service_date(service.mall, at)
    begins = valid_from or today
    if begins < today:
        raise BeginsInThePast(_("A version cannot begin to hold in the past."))
    standard = draft.standard
    _refuse_incomplete(standard)
    if standard.decree and (missing := rules.missing(standard)):
        raise DecreeNeedsAll(
            _("The decree needs all fourteen components. Still missing: %(components)s.")
            % {"components": rules.named(missing)},
            missing=list(missing),
        )
    end_before(ServiceVersion.objects.filter(service=service), begins)
    who = {"reviewed_by": actor(by), "reviewed_at": at, "published_by": actor(by), "published_at": at}
    last = ServiceVersion.objects.filter(service=service).aggregate(last=Max("number"))["last"] or 0
    _step(
        "publish",
        draft,
        {**who, **decree_of(standard), "number": last + 1, "valid_from": begins, "remark": ""},
        by=by,
        at=at,
    )
    records.note(draft, "published", by=by, at=at, number=draft.number, valid_from=begins, digest=draft.digest)
    if begins == today:
        records.change(service, {"name": str(standard.name)}, version=None, by=by, at=at)
    events.version_published.send(sender=ServiceVersion, version=draft, by=by, at=at)
    statements.touch(service.mall_id)
    return draft


@transaction.atomic
def discard_draft(*, draft: ServiceVersion, by: Actor | str, at: datetime) -> RemovedRecord:
    """Throw a draft away; `records.restore` brings it back while no other one was begun. Raises `NotADraft`."""
    _lock(draft, None)
    if draft.is_published:
        raise NotADraft(_("This version is published: it stays."))
    return records.remove(draft, by=by, at=at)


def end_before(versions: QuerySet[ServiceVersion], begins: date) -> None:
    """Let published versions end before a date: those that would begin on it or later never begin."""
    eve = begins - timedelta(days=1)
    published = versions.filter(state=State.PUBLISHED)
    published.filter(valid_from__lt=begins).exclude(valid_until__lte=eve).update(valid_until=eve)
    before_it_began = Func(F("valid_from"), template="(%(expressions)s - 1)", output_field=DateField())
    published.filter(valid_from__gte=begins).exclude(valid_until__lt=F("valid_from")).update(
        valid_until=before_it_began
    )


def decree_of(standard: Standard) -> dict[str, Any]:
    """The columns of a standard's decree."""
    decree = standard.decree
    return {"decree_number": decree.number if decree else "", "decree_date": decree.date if decree else None}


def _lock_service(service: PublicService) -> None:
    """The first lock of every act here."""
    records.claim(service, version=None)


def _lock(draft: ServiceVersion, version: int | None) -> None:
    _lock_service(draft.service)
    records.claim(draft, version=version)


def _step(act: str, draft: ServiceVersion, values: Mapping[str, Any], *, by: Actor | str, at: datetime) -> None:
    records.change(draft, {**values, "state": rules.STEPS[act].target.value}, version=None, by=by, at=at)


def _refuse_retired(service: PublicService) -> None:
    if service.is_retired:
        raise ServiceRetired(_("%(name)s is no longer given here.") % {"name": service.name})


def _refuse_incomplete(standard: Standard) -> None:
    missing = rules.missing(standard, rules.PUBLIC)
    if missing:
        raise Incomplete(
            _("These parts are still missing: %(components)s.") % {"components": rules.named(missing)},
            missing=list(missing),
        )
