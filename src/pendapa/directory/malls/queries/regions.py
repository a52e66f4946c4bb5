"""Reads about regions, present and former."""

from dataclasses import dataclass

from django.db.models import Q, QuerySet

from pendapa.directory.malls.models import FormerRegion, Region

_WORDS = 6  # of a search


@dataclass(frozen=True)
class Found:
    """What a code stands for: the region of today, and the name it had where the code is a former one."""

    region: Region | None
    former: FormerRegion | None = None


def region_of(code: str) -> Found | None:
    """The region of a code as written on papers: "35.20.01", "352001" (a NIK's first six digits), "91.01".

    A district that is gone leads to its regency, a regency that was renumbered to its successor: a NIK keeps the
    code of first registration (reference 7.3). None for a code of no region.
    """
    digits = "".join(sign for sign in code if sign.isascii() and sign.isdigit())[:6]
    codes = [
        ".".join(digits[start : start + 2] for start in range(0, end, 2)) for end in (6, 4, 2) if len(digits) >= end
    ]
    present = {region.code: region for region in Region.objects.filter(code__in=codes)}
    former = {one.code: one for one in FormerRegion.objects.filter(code__in=codes).select_related("successor")}
    for one in codes:
        if one in present:
            return Found(present[one])
        if one in former:
            return Found(former[one].successor, former[one])
    return None


def regions_like(search: str, *, levels: list[str] | None = None) -> QuerySet[Region]:
    """The regions in whose name every word of a search stands, or whose code begins with it; largest first."""
    rows = Region.objects.select_related("parent__parent").order_by("code")
    if levels:
        rows = rows.filter(level__in=levels)
    for word in search.replace("\0", "").split()[:_WORDS]:
        rows = rows.filter(Q(name__icontains=word) | Q(code__startswith=word))
    return rows
