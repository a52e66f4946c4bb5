"""The hall that the streams tell of: a queue, a counter, an officer who calls."""

from typing import Self

from pendapa.base import clock
from pendapa.directory.accounts.models import RoleKind, User
from pendapa.directory.malls.models import Counter
from pendapa.operations.queueing import actions
from pendapa.operations.queueing.models import Queue, Ticket
from pendapa.operations.queueing.rules import State
from pendapa.operations.queueing.tests.make import make_counter, make_queue, make_user, take, ticket_of


class Desk:
    """An officer at an open counter of a queue."""

    def __init__(self, queue: Queue) -> None:
        self.queue = queue
        self.counter: Counter = make_counter(queue)
        self.officer: User = make_user(mall=queue.mall, agency=queue.agency, kind=RoleKind.OFFICER)
        actions.open_counter(counter=self.counter, by=self.officer, at=clock.now())

    @classmethod
    def make(cls, *, waiting: int = 0) -> Self:
        """A desk in a mall of its own, with people who wait for it."""
        desk = cls(make_queue())
        for _ in range(waiting):
            take(desk.queue)
        return desk

    @property
    def board(self) -> str:
        """The path of the stream of this mall's board."""
        return f"/live/malls/{self.queue.mall.code}/board"

    def take(self) -> Ticket:
        """Somebody takes a number at the kiosk."""
        return ticket_of(take(self.queue))

    def call(self) -> Ticket:
        """Call whoever is next."""
        ticket = actions.call_next(counter=self.counter, by=self.officer, at=clock.now())
        assert ticket is not None
        return ticket

    def finish(self, ticket: Ticket) -> Ticket:
        """Serve somebody to the end."""
        ticket = actions.start(ticket=ticket, by=self.officer, at=clock.now())
        return actions.finish(ticket=ticket, by=self.officer, at=clock.now())

    def next(self) -> Ticket:
        """Finish with whoever is here and call the next."""
        for ticket in self.active():
            self.finish(ticket)
        return self.call()

    def active(self) -> list[Ticket]:
        """Who is called to this counter."""
        return list(Ticket.objects.filter(counter=self.counter, state=State.CALLED))

    def recall(self, ticket: Ticket) -> Ticket:
        """Call somebody once more."""
        return actions.recall(ticket=ticket, by=self.officer, at=clock.now())

    def undo(self, ticket: Ticket) -> Ticket:
        """Take the last act back."""
        return actions.undo(ticket=ticket, by=self.officer, at=clock.now())

    def beside(self, prefix: str) -> "Desk":
        """Another agency's desk in the same mall, for which one person waits."""
        desk = Desk(make_queue(self.queue.mall, prefix=prefix))
        desk.take()
        return desk
