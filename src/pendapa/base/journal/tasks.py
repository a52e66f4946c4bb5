"""The journal's upkeep."""

from pendapa.base import jobs
from pendapa.base.journal import actions

_MOST_SEALS = 60  # in one run: 60,000 entries a minute, more than the busiest installation writes


@jobs.periodic("* * * * *", name="journal.seal")
def seal() -> None:
    for _count in range(_MOST_SEALS):
        if not actions.seal_once():
            return


@jobs.periodic("23 19 * * *", queue="night", name="journal.ensure_partitions")
def ensure_partitions() -> None:
    actions.ensure_partitions()
