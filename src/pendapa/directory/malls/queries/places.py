"""Reads about malls."""

from datetime import datetime

from django.db.models import QuerySet

from pendapa.directory.malls import rules
from pendapa.directory.malls.models import Counter, Mall


def malls() -> QuerySet[Mall]:
    """All malls of the installation, by name."""
    return Mall.objects.order_by("name")


def agencies_at(counter: Counter, at: datetime) -> frozenset[int]:
    """The ids of the agencies that have a counter on the day of a moment; one statement unless shares are loaded."""
    shares = [rules.Share(one.agency_id, one.weekday, one.starts, one.ends) for one in counter.shares.all()]
    return rules.agencies_on(counter.agency_id, shares, at.astimezone(counter.mall.zone_info).weekday())
