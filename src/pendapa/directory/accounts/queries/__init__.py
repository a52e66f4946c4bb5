"""Who is asking, and what they may do."""

from pendapa.directory.accounts.queries.devices import (
    PAIRING_CODE,
    PAIRING_HOLDER,
    device_of_key,
    free_name,
    shows,
)
from pendapa.directory.accounts.queries.people import Giving, administrators, giving_of, people_at
from pendapa.directory.accounts.queries.second_factors import has_second_factor, is_obliged, lacks_second_factor
from pendapa.directory.accounts.queries.standing import Standing, counters_for, may, may_serve, standing_at
from pendapa.directory.accounts.queries.tokens import PURPOSE, bearer_of

__all__ = [
    "PAIRING_CODE",
    "PAIRING_HOLDER",
    "PURPOSE",
    "Giving",
    "Standing",
    "administrators",
    "bearer_of",
    "counters_for",
    "device_of_key",
    "free_name",
    "giving_of",
    "has_second_factor",
    "is_obliged",
    "lacks_second_factor",
    "may",
    "may_serve",
    "people_at",
    "shows",
    "standing_at",
]
