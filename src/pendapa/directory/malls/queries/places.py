"""Reads about malls."""

from django.db.models import QuerySet

from pendapa.directory.malls.models import Mall


def malls() -> QuerySet[Mall]:
    """All malls of the installation, by name."""
    return Mall.objects.order_by("name")
