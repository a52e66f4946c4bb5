"""What is done to the catalogue. Until its own pages come, a service is known by its name."""

from datetime import datetime

from django.db import transaction
from django.utils.text import slugify

from pendapa.base.journal import actions as journal
from pendapa.base.journal.rules import Actor
from pendapa.directory.catalogue.models import PublicService
from pendapa.directory.malls.models import Agency, Mall

_LONGEST_SLUG = 80


@transaction.atomic
def service_named(*, mall: Mall, agency: Agency, name: str, by: Actor | str, at: datetime) -> PublicService:
    """The public service of this name that an agency gives at a mall; it is made where there is none yet."""
    known = PublicService.objects.filter(mall=mall, agency=agency, name__iexact=name).first()
    if known is not None:
        return known
    service = PublicService.objects.create(mall=mall, agency=agency, name=name, slug=_free_slug(mall, name))
    journal.record(verb="service.added", subject=service, by=by, at=at, mall=mall.pk)
    return service


def _free_slug(mall: Mall, name: str) -> str:
    """A name for addresses that no other service of the mall has."""
    first = slugify(name)[: _LONGEST_SLUG - 4].strip("-") or "layanan"
    taken = set(PublicService.objects.filter(mall=mall, slug__startswith=first).values_list("slug", flat=True))
    slug, number = first, 2
    while slug in taken:
        slug, number = f"{first}-{number}", number + 1
    return slug
