"""Where service happens: regions, malls with their zones, agencies and stands, counters, hours and calendars."""

from pendapa.directory.malls.models.hours import (
    CalendarDay,
    DayKind,
    OpeningPeriod,
    Schedule,
    Season,
    SpecialDay,
    SpecialPeriod,
)
from pendapa.directory.malls.models.malls import Mall
from pendapa.directory.malls.models.places import (
    PREFIX,
    Agency,
    Counter,
    CounterKind,
    CounterShare,
    Facility,
    FacilityKind,
    Level,
    Obligation,
    Tenancy,
    Zone,
)
from pendapa.directory.malls.models.regions import FormerRegion, Region, RegionLevel

__all__ = [
    "PREFIX",
    "Agency",
    "CalendarDay",
    "Counter",
    "CounterKind",
    "CounterShare",
    "DayKind",
    "Facility",
    "FacilityKind",
    "FormerRegion",
    "Level",
    "Mall",
    "Obligation",
    "OpeningPeriod",
    "Region",
    "RegionLevel",
    "Schedule",
    "Season",
    "SpecialDay",
    "SpecialPeriod",
    "Tenancy",
    "Zone",
]
