"""Queues come and go as long as nobody has a number of them."""

import pytest

from pendapa.base import clock
from pendapa.base.records import actions as records
from pendapa.directory.malls.queries import service_date
from pendapa.operations.queueing import actions
from pendapa.operations.queueing.models import Queue, QueueDay
from pendapa.operations.queueing.tests.make import make_queue, take

pytestmark = pytest.mark.django_db


def test_a_queue_that_gave_no_number_goes_with_its_days_and_comes_back() -> None:
    queue = make_queue()
    pk = queue.pk
    assert QueueDay.objects.filter(queue=queue).exists()  # made when it was added
    removed = actions.remove_queue(queue=queue, by="user:1", at=clock.now())
    assert not Queue.objects.filter(pk=pk).exists()
    records.restore(removed, by="user:1", at=clock.now())
    actions.open_days(mall=queue.mall, on=service_date(queue.mall, clock.now()), at=clock.now())
    assert QueueDay.objects.filter(queue=pk).exists()


def test_a_queue_that_gave_a_number_stays_and_says_why() -> None:
    queue = make_queue()
    take(queue)
    with pytest.raises(records.StillUsed) as refused:
        actions.remove_queue(queue=queue, by="user:1", at=clock.now())
    assert "riwayat" in refused.value.sentence
    assert "QueueDay" not in refused.value.sentence
    assert QueueDay.objects.filter(queue=queue).exists()
