"""Reads about public services."""

from django.db.models import Q, QuerySet
from django.db.models.functions import Lower

from pendapa.directory.catalogue.models import PublicService
from pendapa.directory.malls.models import Mall


def services_of(mall: Mall, *, search: str = "") -> QuerySet[PublicService]:
    """The services of a mall by agency and name; `search` narrows by words of service or agency name."""
    services = PublicService.objects.filter(mall=mall).select_related("agency")
    for word in search.split()[:8]:
        services = services.filter(
            Q(name__icontains=word) | Q(agency__name__icontains=word) | Q(agency__short_name__icontains=word)
        )
    return services.order_by(Lower("agency__short_name"), Lower("name"), "pk")
