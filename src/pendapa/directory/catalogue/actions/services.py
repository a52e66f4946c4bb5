"""Services as such: that there is one, and that it is no longer given."""

from datetime import datetime

from django.db import transaction
from django.utils.text import slugify

from pendapa.base.journal.rules import Actor
from pendapa.base.records import actions as records
from pendapa.directory.catalogue import events, queries, statements
from pendapa.directory.catalogue.models import PublicService
from pendapa.directory.malls.models import Agency, Mall
from pendapa.directory.malls.queries import service_date

_LONGEST_SLUG = 80


@transaction.atomic
def service_named(*, mall: Mall, agency: Agency, name: str, by: Actor | str, at: datetime) -> PublicService:
    """The public service of this name that an agency gives at a mall; it is made where there is none yet.

    One that was retired stays so: it is another one that is made.
    """
    known = PublicService.objects.filter(mall=mall, agency=agency, name__iexact=name, retired_at=None).first()
    if known is not None:
        return known
    service = PublicService(mall=mall, agency=agency, name=name, slug=_free_slug(mall, name))
    records.add(service, by=by, at=at)
    statements.touch(mall.pk)
    return service


@transaction.atomic
def retire_service(
    *, service: PublicService, version: int | None, by: Actor | str, at: datetime, reason: str = ""
) -> PublicService:
    """No longer show or offer a service, for a reason that stays on record; its versions stay. A second click finds
    it retired.

    Raises `ChangedMeanwhile`, and whatever refusal a receiver of `service_retired` answers with.
    """
    records.claim(service, version=None if service.is_retired else version)
    if service.is_retired:
        return service
    records.change(service, {"retired_at": at}, version=version, by=by, at=at)
    records.note(service, "retired", by=by, at=at, reason=reason)
    events.service_retired.send(sender=PublicService, service=service, by=by, at=at)
    statements.touch(service.mall_id)
    return service


@transaction.atomic
def bring_back_service(*, service: PublicService, by: Actor | str, at: datetime) -> PublicService:
    """Show and offer a retired service again, with the version that is valid now."""
    records.claim(service, version=None)
    if not service.is_retired:
        return service
    records.change(service, {"retired_at": None}, version=None, by=by, at=at)
    records.note(service, "brought_back", by=by, at=at)
    events.service_brought_back.send(sender=PublicService, service=service, by=by, at=at)
    statements.touch(service.mall_id)
    return service


@transaction.atomic
def take_names(*, mall: Mall, by: Actor | str | None, at: datetime) -> int:
    """Let services go by the names of the versions that are valid today; returns how many changed.

    A version that was published ahead brings its name on its first day. Takes the locks as `publish` does.
    """
    today = service_date(mall, at)
    changed = 0
    for version in queries.versions_with_another_name(mall, today):
        service = version.service
        records.claim(service, version=None)
        now = queries.version_on(service, today)
        if now is not None and records.change(service, {"name": str(now.standard.name)}, version=None, by=by, at=at):
            changed += 1
    if changed:
        statements.touch(mall.pk)
    return changed


def _free_slug(mall: Mall, name: str) -> str:
    """A name for addresses that no other service of the mall has."""
    first = slugify(name)[: _LONGEST_SLUG - 4].strip("-") or "layanan"
    taken = set(PublicService.objects.filter(mall=mall, slug__startswith=first).values_list("slug", flat=True))
    slug, number = first, 2
    while slug in taken:
        slug, number = f"{first}-{number}", number + 1
    return slug
