"""What follows from a new day: versions that were published ahead begin."""

from pendapa.base import clock, jobs
from pendapa.directory.catalogue import actions
from pendapa.directory.malls.models import Mall


@jobs.periodic("*/15 * * * *", name="catalogue.take_names")
def take_names() -> None:
    """Let services go by the names of the versions that began."""
    at = clock.now()
    for mall in Mall.objects.all():
        actions.take_names(mall=mall, by=None, at=at)
