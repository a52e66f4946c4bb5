"""What is done to places, hours and calendars."""

from pendapa.directory.malls.actions.calendars import (
    AlreadyConfirmed,
    NeedsDecree,
    NeedsSecondPerson,
    confirm_calendar_days,
    propose_calendar_days,
    propose_day,
    reject_calendar_day,
    restore_calendar_day,
    withdraw_calendar_day,
)
from pendapa.directory.malls.actions.hours import (
    impacts_of,
    remove_hours,
    restore_hours,
    save_schedule,
    save_season,
    save_special_day,
)
from pendapa.directory.malls.actions.places import (
    remove,
    remove_tenancy,
    save_counter,
    save_facility,
    save_mall,
    save_tenancy,
    save_zone,
)
from pendapa.directory.malls.actions.regions import load_regions

__all__ = [
    "AlreadyConfirmed",
    "NeedsDecree",
    "NeedsSecondPerson",
    "confirm_calendar_days",
    "impacts_of",
    "load_regions",
    "propose_calendar_days",
    "propose_day",
    "reject_calendar_day",
    "remove",
    "remove_hours",
    "remove_tenancy",
    "restore_calendar_day",
    "restore_hours",
    "save_counter",
    "save_facility",
    "save_mall",
    "save_schedule",
    "save_season",
    "save_special_day",
    "save_tenancy",
    "save_zone",
    "withdraw_calendar_day",
]
