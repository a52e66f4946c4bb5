from django.utils.functional import lazystr

from pendapa.base.errors import Refused


class QueueClosed(Refused):
    """The queue takes no more numbers today."""


class NIKUnknown(Refused):
    status = 422


class Renamed(Refused):
    code = "old-name"


def test_a_refusal_is_its_sentence_with_facts_for_machines() -> None:
    refusal = QueueClosed(lazystr("The queue is closed."), opens_at="08:00")
    assert str(refusal) == refusal.sentence == "The queue is closed."
    assert type(refusal.sentence) is str
    assert refusal.facts == {"opens_at": "08:00"}


def test_a_refusal_is_named_after_its_class() -> None:
    assert (Refused.code, QueueClosed.code, NIKUnknown.code) == ("refused", "queue-closed", "nik-unknown")
    assert (QueueClosed.status, NIKUnknown.status) == (409, 422)


def test_a_refusal_may_keep_an_older_name() -> None:
    assert Renamed.code == "old-name"
