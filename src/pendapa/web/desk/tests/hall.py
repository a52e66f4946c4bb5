"""A counter with its line and its officer at the page, for the tests of the desk."""

import re
from dataclasses import dataclass
from typing import Any

from django.test import Client

from pendapa.base import clock
from pendapa.directory.accounts.models import User
from pendapa.directory.malls.models import Counter
from pendapa.operations.queueing import actions
from pendapa.operations.queueing.models import Queue, Ticket
from pendapa.operations.queueing.tests.make import make_counter, make_queue, make_user, take, ticket_of

_KEPT_TOGETHER = re.compile(r'<span class="pd-nowrap">([^<]*)</span>')


def text_of(response: Any) -> str:
    """A page as it came, its labels without the frame that keeps them on one line."""
    return _KEPT_TOGETHER.sub(r"\1", response.content.decode())


@dataclass
class Desk:
    """An officer who is signed in, and the counter whose page they look at."""

    queue: Queue
    counter: Counter
    officer: User
    client: Client

    @property
    def url(self) -> str:
        return f"/desk/{self.counter.mall.code}/{self.counter.number}/"

    def sit(self) -> None:
        actions.open_counter(counter=self.counter, by=self.officer, at=clock.now())

    def page(self, what: str = "", **query: str) -> str:
        """The text of one of the counter's pages, in English."""
        response = self.client.get(self.url + what, query)
        assert response.status_code == 200
        return text_of(response)

    def post(self, what: str, data: dict[str, Any] | None = None, **more: Any) -> Any:
        """Press a button, and get the answer as it comes."""
        return self.client.post(self.url + what, data or {}, **more)

    def press(self, what: str, data: dict[str, Any] | None = None) -> str:
        """Press a button that must do something, and read the page that follows."""
        response = self.client.post(self.url + what, data or {}, follow=True)
        assert response.status_code == 200, response.content.decode()
        assert response.redirect_chain
        return text_of(response)

    def act(self, ticket: Ticket, act: str, data: dict[str, Any] | None = None) -> str:
        return self.press(f"tickets/{ticket.pk}/{act}/", data)

    def refused(self, what: str, data: dict[str, Any] | None = None, *, status: int = 409) -> str:
        """Press a button that must not do anything, and read the sentence's page."""
        response = self.post(what, data)
        assert response.status_code == status, response.content.decode()
        return text_of(response)

    def wait(self) -> Ticket:
        """Somebody takes a number at the kiosk."""
        return ticket_of(take(self.queue))

    def call(self) -> Ticket:
        """Somebody takes a number and is called here."""
        self.wait()
        called = actions.call_next(counter=self.counter, by=self.officer, at=clock.now())
        assert called is not None
        return called

    def serve(self) -> Ticket:
        return actions.start(ticket=self.call(), by=self.officer, at=clock.now())


def make_client(user: User | None = None) -> Client:
    """A browser that reads English, signed in as the user."""
    client = Client(headers={"accept-language": "en"})
    if user:
        client.force_login(user)
    return client


def make_desk(*, beside: Desk | None = None) -> Desk:
    """A closed counter with its officer; `beside` another one it is of the same queue."""
    queue = beside.queue if beside else make_queue()
    officer = make_user(mall=queue.mall, agency=queue.agency)
    return Desk(queue, make_counter(queue), officer, make_client(officer))


def state_of(ticket: Ticket) -> str:
    return Ticket.objects.get(pk=ticket.pk).state
