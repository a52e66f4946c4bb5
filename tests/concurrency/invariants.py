"""What must be true of a hall at every moment, read from its tables and its journal."""

from collections import defaultdict

from django.db.models import Count, Q

from pendapa.base.journal.models import Entry
from pendapa.operations.queueing import rules
from pendapa.operations.queueing.models import Allowance, QueueDay, Ticket, Visit
from pendapa.operations.queueing.rules import State

# The journal's last word on a number in each state; issuing and undoing leave several states behind them.
_LAST_WORD = {step.verb: step.target for step in rules.STEPS.values()}


def check(*, mall: int) -> None:
    """Raise `AssertionError`, with the first broken promise, for the state of one mall as committed now."""
    _numbers_are_gapless(mall)
    _everyone_is_in_one_place(mall)
    _allowances_count_what_is_held(mall)
    _the_journal_tells_what_is(mall)


def _numbers_are_gapless(mall: int) -> None:
    for day in QueueDay.objects.filter(queue__mall=mall):
        numbers = Ticket.objects.filter(day=day, predecessor=None).order_by("number").values_list("number", flat=True)
        assert list(numbers) == [*range(1, day.last_number + 1)], f"numbers of queue {day.queue_id}"
        in_order = Ticket.objects.filter(day=day, predecessor=None, priority=False).order_by("due_at")
        regular = list(in_order.values_list("number", flat=True))
        assert regular == sorted(regular), "a later number came before an earlier one"


def _everyone_is_in_one_place(mall: int) -> None:
    active = Ticket.objects.filter(visit__mall=mall, state__in=rules.ACTIVE)
    for field in ("visit", "counter"):
        twice = active.values(field).annotate(times=Count("pk")).filter(times__gt=1)
        assert not twice, f"active twice by {field}: {list(twice)}"
    held = dict(Visit.objects.filter(mall=mall, active_ticket__isnull=False).values_list("pk", "active_ticket"))
    assert held == dict(active.values_list("visit", "pk")), "a visit does not know where its visitor is"
    closed_open = Ticket.objects.filter(visit__mall=mall, day__closed_at__isnull=False, state__in=rules.OPEN)
    assert not closed_open, "an open number in a closed day"
    outside = Ticket.objects.filter(visit__mall=mall, state=State.WAITING, visit__present_at=None)
    assert not outside, "somebody waits who is not in the hall"
    doubled = (
        Ticket.objects.filter(visit__mall=mall)
        .annotate(next=Count("successors", filter=~Q(successors__state=State.CANCELLED)))
        .filter(next__gt=1)
    )
    assert not doubled, "a number was moved to two queues"


def _allowances_count_what_is_held(mall: int) -> None:
    held = {(row.date, row.caller): row.held for row in Allowance.objects.filter(mall=mall) if row.held}
    remote: dict[tuple[object, str], int] = defaultdict(int)
    for date, caller in Ticket.objects.filter(visit__mall=mall, state=State.REMOTE).values_list(
        "visit__date", "caller"
    ):
        remote[date, caller] += 1
    assert held == dict(remote), "allowances do not match the numbers held from afar"


def _the_journal_tells_what_is(mall: int) -> None:
    words: dict[str, list[str]] = defaultdict(list)
    entries = Entry.objects.filter(mall=mall, verb__startswith="ticket.").order_by("at", "era", "xid", "id")
    for entry in entries:
        words[entry.subject].append(entry.verb)
    for ticket in Ticket.objects.filter(visit__mall=mall):
        told = words[f"ticket:{ticket.pk}"]
        assert ticket.predecessor_id or told.count("ticket.issued") == 1, f"{ticket} was issued {told}"
        if told and told[-1] in _LAST_WORD:
            assert ticket.state == _LAST_WORD[told[-1]], f"{ticket} is {ticket.state}, the journal says {told}"
