"""A service that is no longer given takes its numbers with it."""

import pytest

from pendapa.base import clock
from pendapa.base.journal.models import Entry
from pendapa.directory.catalogue import actions as catalogue
from pendapa.operations.queueing import actions
from pendapa.operations.queueing.models import Queue, Ticket
from pendapa.operations.queueing.rules import Channel, State
from pendapa.operations.queueing.tests.make import make_counter, make_queue, make_user, take

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_retired_service_gives_no_more_numbers_and_those_that_are_out_stay_good() -> None:
    queue = make_queue()
    service = queue.services.get()
    take(queue)
    catalogue.retire_service(service=service, version=None, by="user:1", at=clock.now())
    assert not queue.services.exists()
    assert Queue.objects.get().version == queue.version + 1  # pages that say who takes it are drawn anew
    entry = Entry.objects.get(verb="queue.services_changed", subject=f"queue:{queue.pk}")
    assert entry.data["removed"] == [service.pk]
    with pytest.raises(actions.UnknownService):
        actions.issue_ticket(
            mall=queue.mall.code, service=service.slug, channel=Channel.KIOSK, by=None, caller="cookie:1", key=None
        )
    called = actions.call_next(counter=make_counter(queue), by=make_user(), at=clock.now())
    assert called is not None
    assert Ticket.objects.get(pk=called.pk).state == State.CALLED


def test_a_service_that_no_queue_takes_retires_quietly() -> None:
    queue = make_queue()
    service = queue.services.get()
    queue.services.clear()
    catalogue.retire_service(service=service, version=None, by="user:1", at=clock.now())
    assert not Entry.objects.filter(verb="queue.services_changed", subject=f"queue:{queue.pk}").exists()
