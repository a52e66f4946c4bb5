"""Reads about places and hours."""

from pendapa.directory.malls.queries.hours import hours_of, next_opening, service_date
from pendapa.directory.malls.queries.places import malls

__all__ = ["hours_of", "malls", "next_opening", "service_date"]
