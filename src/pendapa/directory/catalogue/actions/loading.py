"""Many services at once, from files: the demo mall, and imports that two people answer for."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from pendapa.base.journal.models import name_of
from pendapa.base.journal.rules import Actor, actor
from pendapa.directory.catalogue import events, rules, statements
from pendapa.directory.catalogue.actions.versions import NeedsReviewer, decree_of, end_before
from pendapa.directory.catalogue.models import PublicService, ServiceVersion
from pendapa.directory.catalogue.rules import Faulty, Standard, State
from pendapa.directory.malls.models import Agency, Mall
from pendapa.directory.malls.queries import service_date


@dataclass(frozen=True)
class ServiceRow:
    """One service as a file tells of it."""

    agency: Agency
    slug: str
    content: Mapping[str, Any] | Standard


def put_service(
    *,
    mall: Mall,
    agency: Agency,
    slug: str,
    content: Mapping[str, Any] | Standard,
    by: Actor | str,
    reviewed_by: Actor | str,
    at: datetime,
    valid_from: date | None = None,
) -> PublicService:
    """Make sure that a service is published with this content. Raises as `load_catalogue`."""
    row = ServiceRow(agency, slug, content)
    return load_catalogue(mall=mall, rows=[row], by=by, reviewed_by=reviewed_by, at=at, valid_from=valid_from)[0]


@transaction.atomic
def load_catalogue(
    *,
    mall: Mall,
    rows: Sequence[ServiceRow],
    by: Actor | str,
    reviewed_by: Actor | str,
    at: datetime,
    valid_from: date | None = None,
) -> list[PublicService]:
    """Make sure that services are published with these contents, and return them in the order of the rows.

    New ones are made, those that differ get another version, those that are as the file says stay: the same file
    twice changes nothing. Open drafts stay too. `valid_from` may lie in the past only for a service that had no
    version before; others change today. All or nothing, in a dozen statements however many rows there are.

    Raises `Faulty` with all faults of all rows, each under the row's slug, and `NeedsReviewer`.
    """
    if actor(by) == actor(reviewed_by):
        raise NeedsReviewer(_("A second person answers for what is imported."))
    today = service_date(mall, at)
    there = {one.slug: one for one in _lock_services(mall, [row.slug for row in rows])}
    standards = _read(rows, there)
    services = [there.get(row.slug) for row in rows]
    new = [
        PublicService(mall=mall, agency=row.agency, slug=row.slug, name=str(standard.name))
        for row, service, standard in zip(rows, services, standards, strict=True)
        if service is None
    ]
    known = {one.slug: one for one in [*there.values(), *PublicService.objects.bulk_create(new)]}
    loaded = [known[row.slug] for row in rows]
    latest = _latest(loaded)
    numbers = _last_numbers(loaded)
    writer, reviewer = actor(by), actor(reviewed_by)
    versions = []
    for service, standard in zip(loaded, standards, strict=True):
        content = rules.to_json(standard)
        digest = rules.digest(content)
        if service.pk in latest and latest[service.pk] == digest:
            continue
        begins = max(valid_from or today, today) if service.pk in numbers else valid_from or today
        versions.append(
            ServiceVersion(
                service=service,
                number=numbers.get(service.pk, 0) + 1,
                state=State.PUBLISHED.value,
                content=content,
                digest=digest,
                valid_from=begins,
                drafted_by=writer,
                drafted_at=at,
                submitted_by=writer,
                submitted_at=at,
                reviewed_by=reviewer,
                reviewed_at=at,
                published_by=reviewer,
                published_at=at,
                **decree_of(standard),
            )
        )
    _publish(mall, versions, numbers, today=today, at=at)
    for version in versions:
        events.version_published.send(sender=ServiceVersion, version=version, by=reviewed_by, at=at)
    statements.record_many(
        [
            *(("publicservice.added", name_of(one), {"values": {"name": one.name, "slug": one.slug}}) for one in new),
            *(
                ("serviceversion.published", name_of(one), {"number": one.number, "digest": one.digest})
                for one in versions
            ),
        ],
        mall=mall.pk,
        by=reviewed_by,
        at=at,
    )
    if new or versions:
        statements.touch(mall.pk)
    return loaded


def _lock_services(mall: Mall, slugs: Sequence[str]) -> Iterable[PublicService]:
    return PublicService.objects.select_for_update().filter(mall=mall, slug__in=slugs).order_by("pk")


def _read(rows: Sequence[ServiceRow], there: Mapping[str, PublicService]) -> list[Standard]:
    """The standards of all rows. Raises `Faulty`, each fault under the slug of its row."""
    faults: dict[str, str] = {}
    standards: list[Standard] = []
    seen: set[str] = set()
    for row in rows:
        found: dict[str, str] = {}
        service = there.get(row.slug)
        try:
            validate_slug(row.slug)
        except ValidationError as error:
            found["slug"] = " ".join(error.messages)
        if len(row.slug) > 80:
            found["slug"] = _("This is longer than %(count)d characters.") % {"count": 80}
        if row.slug in seen:
            found["slug"] = _("Another service of this mall has this short name.")
        if service is not None and service.agency_id != row.agency.pk:
            found["agency"] = _("Another agency gives the service with this short name.")
        if service is not None and service.is_retired:
            found["slug"] = _("%(name)s is no longer given here.") % {"name": service.name}
        seen.add(row.slug)
        try:
            given = row.content
            standard = rules.from_json(rules.to_json(given) if isinstance(given, Standard) else given)
        except Faulty as refused:
            found.update(refused.faults)
        else:
            needed = rules.ALL if standard.decree else rules.PUBLIC
            found.update({name: _("This is missing.") for name in rules.missing(standard, needed)})
            standards.append(standard)
        faults.update({f"{row.slug[:80]}.{path}": text for path, text in found.items()})
    if faults:
        raise Faulty(faults)
    return standards


def _latest(services: Sequence[PublicService]) -> dict[int, str]:
    """The digests of what was published last, by service."""
    rows = ServiceVersion.objects.filter(service__in=services, state=State.PUBLISHED).order_by("number")
    return dict(rows.values_list("service_id", "digest"))


def _last_numbers(services: Sequence[PublicService]) -> dict[int, int]:
    rows = ServiceVersion.objects.filter(service__in=services, state=State.PUBLISHED).values("service_id")
    return dict(rows.annotate(last=Max("number")).values_list("service_id", "last"))


def _publish(
    mall: Mall, versions: list[ServiceVersion], numbers: Mapping[int, int], *, today: date, at: datetime
) -> None:
    """Write versions, end those that they follow, and let the services go by the names that hold now."""
    followed = [one for one in versions if one.service_id in numbers]
    for begins in {one.valid_from for one in followed if one.valid_from}:
        services = [one.service_id for one in followed if one.valid_from == begins]
        end_before(ServiceVersion.objects.filter(service__in=services), begins)
    ServiceVersion.objects.bulk_create(versions)
    renamed = []
    for version in versions:
        name = version.content["name"][rules.FIRST_LANGUAGE]  # not read again: there may be thousands
        if version.valid_from and version.valid_from <= today and version.service.name != name:
            version.service.name = name
            version.service.version += 1
            renamed.append(version.service)
    PublicService.objects.bulk_update(renamed, ["name", "version"])
