"""Reads about public services, their versions, and the words around them."""

from collections.abc import Collection
from datetime import date

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Sum
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce, Lower

from pendapa.base.journal.rules import Actor, actor
from pendapa.directory.catalogue import rules
from pendapa.directory.catalogue.models import (
    AgencyPledge,
    CatalogueRevision,
    MallSynonym,
    PublicService,
    ServiceVersion,
)
from pendapa.directory.catalogue.rules import State
from pendapa.directory.malls.models import Agency, Mall


def services_of(mall: Mall, *, search: str = "") -> QuerySet[PublicService]:
    """The services that a mall gives, by agency and name; `search` narrows by words of service or agency name."""
    services = PublicService.objects.filter(mall=mall, retired_at=None).select_related("agency")
    for word in search.split()[:8]:
        services = services.filter(
            Q(name__icontains=word) | Q(agency__name__icontains=word) | Q(agency__short_name__icontains=word)
        )
    return services.order_by(Lower("agency__short_name"), Lower("name"), "pk")


def catalogue_of(mall: Mall, on: date) -> QuerySet[ServiceVersion]:
    """The versions valid on a date of all services that a mall gives, with service and agency. One statement.

    `content` comes with them; where a list needs none of it, `.defer("content")`.
    """
    versions = _in_force(on).filter(service__mall=mall, service__retired_at=None)
    return versions.select_related("service__agency").order_by(
        Lower("service__agency__short_name"), Lower("service__name"), "service_id"
    )


def version_on(service: PublicService, on: date) -> ServiceVersion | None:
    """The version of a service that is valid on a date."""
    return _in_force(on).filter(service=service).first()


def versions_of(service: PublicService) -> QuerySet[ServiceVersion]:
    """What was ever published of a service, newest first: what was valid, is valid, and will be."""
    return ServiceVersion.objects.filter(service=service, state=State.PUBLISHED).order_by("-number")


def version_numbered(mall: Mall, slug: str, number: int) -> ServiceVersion | None:
    """The version that an address names for ever, also of a service that was retired."""
    versions = ServiceVersion.objects.filter(service__mall=mall, service__slug=slug, number=number)
    return versions.select_related("service__agency").first()


def open_draft(service: PublicService) -> ServiceVersion | None:
    """The version that is being written or reviewed."""
    return ServiceVersion.objects.filter(service=service).exclude(state=State.PUBLISHED).first()


def open_drafts(mall: Mall, *, agencies: Collection[int] | None = None) -> QuerySet[ServiceVersion]:
    """What is being written or reviewed at a mall; of some agencies, or of all (None)."""
    drafts = ServiceVersion.objects.filter(service__mall=mall).exclude(state=State.PUBLISHED)
    return _of_agencies(drafts, agencies).order_by("-drafted_at", "pk")


def waiting_for_review(
    mall: Mall, by: Actor | str, *, agencies: Collection[int] | None = None
) -> QuerySet[ServiceVersion]:
    """What was submitted and this person may review, the longest waiting first: nothing that they wrote themselves."""
    drafts = ServiceVersion.objects.filter(service__mall=mall, service__retired_at=None, state=State.IN_REVIEW)
    return _of_agencies(drafts, agencies).exclude(drafted_by=actor(by)).order_by("submitted_at", "pk")


def review_due(mall: Mall, on: date, *, agencies: Collection[int] | None = None) -> QuerySet[ServiceVersion]:
    """Versions in force whose standard was set three years ago or longer, by decree or else by its first day.

    Each has `held_since`; it is due since `rules.review_due(held_since)`.
    """
    versions = _in_force(on).filter(service__mall=mall, service__retired_at=None)
    held = _of_agencies(versions, agencies).annotate(held_since=Coalesce("decree_date", "valid_from"))
    return held.filter(held_since__lte=rules.due_since(on)).order_by("held_since", "pk")


def versions_with_another_name(mall: Mall, on: date) -> QuerySet[ServiceVersion]:
    """Versions in force under a name that their service does not go by yet."""
    name = KeyTextTransform(rules.FIRST_LANGUAGE, KeyTextTransform("name", "content"))
    versions = _in_force(on).filter(service__mall=mall).annotate(its_name=name)
    return versions.exclude(its_name=F("service__name")).select_related("service").order_by("service_id")


def without_standard(mall: Mall, on: date) -> QuerySet[PublicService]:
    """Services that a mall gives without any version in force: a visitor sees their name and nothing more."""
    return services_of(mall).filter(~Exists(_in_force(on).filter(service=OuterRef("pk"))))


def pledge_of(mall: Mall, agency: Agency | int) -> AgencyPledge | None:
    """The signed promise of an agency in a mall."""
    return AgencyPledge.objects.filter(mall=mall, agency=agency).select_related("agency").first()


def pledges_of(mall: Mall) -> QuerySet[AgencyPledge]:
    """The signed promises in a mall, by agency."""
    return AgencyPledge.objects.filter(mall=mall).select_related("agency").order_by(Lower("agency__short_name"))


def synonyms_of(mall: Mall) -> QuerySet[MallSynonym]:
    """What people of a mall say, in the order of the alphabet."""
    return MallSynonym.objects.filter(mall=mall).select_related("service").order_by("said")


def revision(mall: Mall, on: date) -> str:
    """A stamp that is another one as soon as the public sees anything else of a mall's catalogue on a date.

    It tells of versions, retired services, pledges, synonyms and the names of agencies. The date is in it, since
    versions begin and end with a day. Two small statements.
    """
    number = CatalogueRevision.objects.filter(mall=mall).values_list("number", flat=True).first() or 0
    # Malls stand below and cannot count here; the versions of their agencies only grow.
    agencies = Agency.objects.filter(tenancies__mall=mall).aggregate(sum=Sum("version"))["sum"] or 0
    return f"{number}.{agencies}.{on.toordinal()}"


def _in_force(on: date) -> QuerySet[ServiceVersion]:
    begun = ServiceVersion.objects.filter(state=State.PUBLISHED, valid_from__lte=on)
    return begun.filter(Q(valid_until=None) | Q(valid_until__gte=on))


def _of_agencies(versions: QuerySet[ServiceVersion], agencies: Collection[int] | None) -> QuerySet[ServiceVersion]:
    if agencies is not None:
        versions = versions.filter(service__agency__in=agencies)
    return versions.select_related("service__agency")
