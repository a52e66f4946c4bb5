"""Every page and call under hostile and clumsy hands: a kind answer, never a failure, nothing half-written."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection
from django.test import Client
from django.utils.translation import gettext

from pendapa.base import clock, codes
from pendapa.directory.malls.models import Mall
from pendapa.operations.queueing import actions, queries
from pendapa.operations.queueing.models import CounterStatus, QueueDay, Ticket
from pendapa.operations.queueing.rules import Channel, State
from pendapa.operations.queueing.tests.make import (
    make_agency,
    make_counter,
    make_device,
    make_mall,
    make_queue,
    make_user,
    take,
    ticket_of,
)
from tests.architecture.audiences import is_posted, routes
from tests.failure.stage import (
    PLACES,
    Caller,
    Hall,
    addresses,
    callers,
    changed,
    fill,
    make_hall,
    nobody,
    person,
    places,
    readable,
    rows,
    screen,
)

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

MEGABYTE = 1_000_000
TEXTS = {
    "empty": "",
    "nul": "\x00",
    "emoji": "\U0001f600" * 40,
    "right to left": "\u202eABC-001\u2067",
    "half a character": "\ud800",
    "a megabyte": "A" * MEGABYTE,
    "markup": "<script>alert(1)</script>{{ 7*7 }}%s%(x)s",
    "quotes": "' OR 1=1; --",
    "a large number": "9" * 40,
    "a negative number": "-1",
    "line ends": "a\r\nSet-Cookie: b=c",
}
FIELDS = (
    "key", "visit", "priority", "code", "service", "reason", "other", "words", "number", "act", "login", "password",
    "next", "language", "username", "device", "q", "queue", "search", "shown",
)  # fmt: skip
MACHINES = ("healthz", "readyz", "metrics")  # nobody reads their pages
WRITTEN_ON_REFUSAL = {
    "sign-in/login/": {"journal_entry"},  # a sign-in that failed is in the journal (`sign_in.failed`)
}
OWN_WORDS = {"kiosk/<slug:mall_code>/arrive/", "sign-in/invitation/<str:code>/"}  # 404 as a page with its sentence
NO_SUCH_CODE = "No number of this mall has this code. Please check it, or ask the information officer."
REFUSED = {403, 404, 409}  # what somebody hears who may not act here, or not any more
ACTS = ("start", "finish", "recall", "no-show", "hold", "resume", "undo", "return", "cancel", "transfer")
AT_THE_COUNTER = ("", "now/", "sit/", "close/", "next/", "go-on/", "break/", "issue/", "receive/")


@pytest.fixture
def hall() -> Hall:
    return make_hall()


class Witness:
    """Looks at every answer and at the tables behind it: whoever was refused has changed nothing."""

    def __init__(self) -> None:
        self.before = rows()

    def fits(self, route: str, answer: Any, what: str) -> Any:
        """No failure; a refusal speaks to its reader and left every row of every table as it was."""
        what = f"{route} with {what}: {answer.status_code}"
        assert answer.status_code < 500, f"{what} {answer.content[:2000]!r}"
        after = rows()
        written, self.before = changed(self.before, after), after
        if answer.status_code < 400:
            return answer
        assert written <= WRITTEN_ON_REFUSAL.get(route, set()), f"{what} wrote {written}"
        if route in MACHINES:
            return answer
        if route.startswith("api/"):
            assert answer["Content-Type"] == "application/problem+json", what
            problem = answer.json()
            assert problem["reference"] == answer["X-Request-ID"], what
            assert problem["detail"], what
        elif answer["Content-Type"].startswith("text/html"):
            # An error page carries its reference; only a refusal that is a page of its own does without.
            text = answer.content.decode()
            is_named = answer["X-Request-ID"] in text
            assert is_named or ("<h1" in text and 'class="pd-error"' not in text), what
            assert is_named or answer.status_code not in {400, 404, 405} or route in OWN_WORDS, what
        else:
            assert answer.content, f"{what}: an empty page"
        return answer


def shut(answer: Any, what: str) -> None:
    """A page that is not there for this person: the kind page of a 404 with its reference, or a refusal in words."""
    assert answer.status_code in REFUSED, f"{what}: {answer.status_code} {answer.content[:500]!r}"
    if answer["Content-Type"] == "application/problem+json":
        assert answer.json()["detail"], what
    elif answer.status_code == 404:
        assert answer["X-Request-ID"] in answer.content.decode(), what


@pytest.mark.parametrize("what", TEXTS)
def test_strange_texts_in_every_field_of_every_route(hall: Hall, what: str) -> None:
    values = places(hall)
    fields = dict.fromkeys(FIELDS, TEXTS[what])
    if what == "a megabyte":
        fields = {"key": TEXTS[what], "code": "A", "login": "A", "service": TEXTS[what]}
    everybody = callers(hall)
    before = rows()
    for caller in everybody:
        witness = Witness()
        for route, register in addresses():
            path = fill(route, {**values, **register})
            witness.fits(route, caller.post(path, fields), what)
            witness.fits(route, caller.get(path, {"q": readable(fields.get("q", "A"))}), what)
    may_grow = {"queueing_visit", "queueing_ticket", "accounts_pairing", "journal_entry"}
    grown = {table for table, (count, _latest) in rows().items() if count != before[table][0]}
    assert grown <= may_grow, grown
    _nothing_is_half_written()


@pytest.mark.parametrize(
    "text",
    [
        *("emoji", "right to left", "markup", "quotes", "a large number", "a negative number", "nul", "line ends"),
        "8 KB",
    ],
)
def test_strange_texts_in_every_place_of_every_address(hall: Hall, text: str) -> None:
    values, strange = places(hall), quote(TEXTS.get(text, "a" * 8192), safe="")
    for caller in callers(hall):
        witness = Witness()
        first = witness.before
        for route in routes():
            for place in PLACES.findall(route):
                path = fill(route, {**values, place: strange})
                witness.fits(route, caller.get(path), f"{text} as {place}")
                if is_posted(route):
                    witness.fits(route, caller.post(path), f"{text} as {place}")
        assert changed(first, rows()) == set()


def test_addresses_and_bodies_of_a_megabyte(hall: Hall) -> None:
    values, long = places(hall), "a" * MEGABYTE
    for caller in callers(hall):
        witness = Witness()
        for start in ("/", "/t/", "/kiosk/", "/desk/", "/office/", "/api/v1/malls/", "/sign-in/", "/v/"):
            route = "api/" if start.startswith("/api/") else ""
            for path in (f"{start}{long}", f"{start}{long}/", f"{start}?q={long}"):
                witness.fits(route, caller.get(path), "a megabyte")
        for route in (route for route in routes() if is_posted(route)):
            path = fill(route, values)
            big = caller.client.post(path, "{" + " " * (2 * MEGABYTE) + "}", content_type="application/json")
            witness.fits(route, big, "a body of two megabytes")


def test_every_method_on_every_route(hall: Hall) -> None:
    values, everybody = places(hall), callers(hall)
    before = rows()
    for caller in everybody:
        for route, register in addresses():
            for method in ("put", "patch", "delete", "head", "options", "trace"):
                answer = getattr(caller.client, method)(fill(route, {**values, **register}), headers=caller.headers)
                assert answer.status_code < 500, f"{method} {route}"
    assert changed(before, rows()) <= {"accounts_pairing"}  # a screen that shows its code, also to a HEAD
    _nothing_is_half_written()


def test_every_form_sent_twice_does_what_it_did_once(hall: Hall) -> None:
    """Replay: the second of two equal requests changes nothing in the hall."""
    values, witness = places(hall), Witness()
    key = "0123456789abcdef" * 2
    for caller in callers(hall):
        for route in [route for route in routes() if "call-next" not in route and "next/" not in route]:
            fields = {"key": key, "priority": "", "visit": "", "act": "", "service": values["slug"]}
            more = {"Idempotency-Key": key}
            caller.post(fill(route, values), fields, more)
            once, witness.before = _states(), rows()
            witness.fits(route, caller.post(fill(route, values), fields, more), "a replay")
            assert _states() == once, route
    _nothing_is_half_written()


# ---- Somebody else's ticket, counter or mall ----


def _neighbour(hall: Hall) -> Caller:
    """An officer of another agency at the same mall, who sits at a counter of their own."""
    agency = make_agency(hall.queue.mall, "Imigrasi")
    queue = make_queue(hall.queue.mall, prefix="N", agency=agency)
    officer = make_user(mall=hall.queue.mall, agency=agency)
    actions.open_counter(counter=make_counter(queue), by=officer, at=clock.now())
    return person("an officer of another agency", officer)


def _stranger(_hall: Hall) -> Caller:
    """An officer of another mall, who sits at a counter with the same number there."""
    queue = make_queue(make_mall())
    officer = make_user(mall=queue.mall, agency=queue.agency)
    actions.open_counter(counter=make_counter(queue), by=officer, at=clock.now())
    return person("an officer of another mall", officer)


def _colleague(hall: Hall) -> Caller:
    """An officer of the same agency, at the counter beside."""
    officer = make_user(mall=hall.queue.mall, agency=hall.queue.agency)
    actions.open_counter(counter=make_counter(hall.queue), by=officer, at=clock.now())
    return person("a colleague", officer)


def _do(caller: Caller, path: str, service: str) -> Any:
    """An act with all that it asks for, so that nothing but the caller can be wrong with it."""
    if path.startswith("/api/"):
        return caller.post(path, {"service": service} if path.endswith(("/transfer", "/tickets")) else {})
    return caller.post(path, {"service": service, "reason": "x", "number": "A-001", "key": "0" * 32})


def _acts_on(mall: str, number: int, ticket: Ticket) -> list[str]:
    """Every address at which something can be done to a number at a counter, or to the counter itself."""
    desk, api = f"/desk/{mall}/{number}/", f"/api/v1/malls/{mall}/"
    return [
        *(f"{desk}{act}" for act in AT_THE_COUNTER),
        *(f"{desk}tickets/{ticket.pk}/{act}/" for act in (*ACTS, "call")),
        f"{api}counters/{number}/call-next",
        *(f"{api}tickets/{ticket.code}/{act}" for act in ACTS if act != "cancel"),
    ]


@pytest.mark.parametrize("who", [_neighbour, _stranger])
@pytest.mark.parametrize("whose", ["called", "waiting"])
def test_officers_of_elsewhere_find_neither_the_counter_nor_the_number(
    hall: Hall, who: Callable[[Hall], Caller], whose: str
) -> None:
    caller, ticket, service = who(hall), getattr(hall, whose), places(hall)["slug"]
    before = rows()
    for path in _acts_on(hall.queue.mall.code, hall.counter.number, ticket):
        for answer in (caller.get(path), _do(caller, path, service)):
            if answer.status_code != 405:
                assert answer.status_code == 404, f"{caller.name} at {path}: {answer.status_code}"
                shut(answer, f"{caller.name} at {path}")
    assert changed(before, rows()) == set()


def test_an_own_counter_opens_no_number_of_another_agency_or_mall(hall: Hall) -> None:
    for who in (_neighbour, _stranger):
        caller = who(hall)
        seat = CounterStatus.objects.latest("pk").counter
        before = rows()
        for path in _acts_on(seat.mall.code, seat.number, hall.called):
            if "tickets/" in path:
                shut(_do(caller, path, places(hall)["slug"]), f"{caller.name} at {path}")
        assert changed(before, rows()) == set()


def test_a_colleague_cannot_end_what_another_counter_has_called(hall: Hall) -> None:
    caller = _colleague(hall)
    own = CounterStatus.objects.latest("pk").counter.number
    mall = hall.queue.mall.code
    code = hall.called.code
    before = rows()
    for number in (own, hall.counter.number):
        for act in ("start", "recall", "no-show", "hold", "undo", "cancel"):
            path = f"/desk/{mall}/{number}/tickets/{hall.called.pk}/{act}/"
            shut(caller.post(path), f"{caller.name} at {path}")
    for path in (
        *(f"/api/v1/malls/{mall}/tickets/{code}/{act}" for act in ("start", "recall", "no-show", "hold", "undo")),
        f"/api/v1/tickets/{code}/cancel",
    ):
        shut(caller.post(path), f"{caller.name} at {path}")
    assert changed(before, rows()) == set()
    assert nobody().post(f"/api/v1/tickets/{code}/cancel").status_code == 200  # its visitor may


def test_foreign_and_made_up_codes_open_nothing(hall: Hall) -> None:
    elsewhere = make_queue(make_mall())
    foreign = ticket_of(take(elsewhere))
    officer, kiosk = person("officer", hall.officer), screen("kiosk", hall.kiosk)
    mall, right, service = hall.queue.mall.code, hall.waiting.code, places(hall)["slug"]
    wrong_check = right[:-1] + next(symbol for symbol in codes.ALPHABET if symbol != right[-1])
    before = rows()
    for code in (codes.new_code(), wrong_check, right[:-5], f"{right}-{right}", "A-001", hall.waiting.visit.code):
        for act in ("arrive", "return", "cancel"):
            shut(nobody().post(f"/t/{code}/{act}/"), f"/t/{code}/{act}/")
        shut(nobody().get(f"/t/{code}/"), code)
        for act in ("arrive", "cancel"):
            shut(nobody().post(f"/api/v1/tickets/{code}/{act}"), f"{code} {act}")
        for act in ACTS:
            shut(_do(officer, f"/api/v1/malls/{mall}/tickets/{code}/{act}", service), f"{code} {act}")
    for code in (foreign.code, foreign.visit.code):
        for act in ACTS:
            shut(_do(officer, f"/api/v1/malls/{mall}/tickets/{code}/{act}", service), f"foreign {act}")
        answer = kiosk.post(f"/kiosk/{mall}/arrive/", {"code": code})
        assert answer.status_code == 404
        assert gettext(NO_SUCH_CODE) in answer.content.decode()
    shut(officer.post(f"/desk/{mall}/{hall.counter.number}/tickets/{foreign.pk}/cancel/"), "a foreign number")
    joined = nobody().post(f"/api/v1/malls/{mall}/tickets", {"service": service, "visit": foreign.visit.code})
    assert joined.status_code in {404, 409}, joined.content
    assert changed(before, rows()) == set()


def test_the_code_of_a_moved_or_ended_number_changes_nothing_old(hall: Hall) -> None:
    """A stale code: of a transferred number it leads on, of an ended one it says what became of it."""
    other = make_queue(hall.queue.mall, prefix="B")
    officer, mall = person("officer", hall.officer), hall.queue.mall.code
    at = clock.now()
    started = actions.start(ticket=hall.called, by=hall.officer, at=at)
    actions.transfer(ticket=started, service=other.services.get(), by=hall.officer, at=at)
    actions.cancel(ticket=hall.waiting, by=None, at=at)
    before = rows()
    for ticket in (hall.called, hall.waiting):
        for act in ("start", "finish", "recall", "no-show", "hold", "return"):
            shut(officer.post(f"/api/v1/malls/{mall}/tickets/{ticket.code}/{act}"), f"{ticket.label} {act}")
            path = f"/desk/{mall}/{hall.counter.number}/tickets/{ticket.pk}/{act}/"
            shut(officer.post(path), path)
    for act in ("arrive", "return"):
        shut(nobody().post(f"/t/{hall.waiting.code}/{act}/"), act)
    assert changed(before, rows()) == set()


def test_a_mall_that_exists_but_is_another_opens_nothing_of_this_one(hall: Hall) -> None:
    elsewhere = make_queue(make_mall())
    wrong: Mall = elsewhere.mall
    values = {**places(hall), "mall": wrong.code, "mall_code": wrong.code, "number": 4711}
    for caller in [*callers(hall), screen("a board", make_device(hall.queue.mall))]:
        before = rows()
        for route in routes():
            named = set(PLACES.findall(route))
            if not named & {"mall", "mall_code"} or len(named) < 2:
                continue
            path = fill(route, values)
            for answer in (caller.get(path), _do(caller, path, values["slug"])):
                if answer.status_code in {302, 401, 405}:
                    continue  # sent to sign in, or in a way it does not take
                shut(answer, f"{caller.name} at {path}")
        answer = caller.post(f"/api/v1/malls/{wrong.code}/tickets", {"service": values["slug"]})
        assert answer.status_code == 404, f"{caller.name}: {answer.content!r}"
        assert changed(before, rows()) == set(), caller.name


# ---- Time ----


def test_a_clock_that_goes_a_minute_back_harms_nobody(hall: Hall) -> None:
    clock.set_clock(offset=timedelta(minutes=-1), may_go_back=True)  # as when the time of the machine is corrected
    early = ticket_of(take(hall.queue))
    assert early.label == "A-003"
    actions.start(ticket=hall.called, by=hall.officer, at=clock.now())
    actions.finish(ticket=Ticket.objects.get(pk=hall.called.pk), by=hall.officer, at=clock.now())
    for _visitor in range(2):
        called = actions.call_next(counter=hall.counter, by=hall.officer, at=clock.now())
        assert called is not None
        actions.no_show(ticket=called, by=hall.officer, at=clock.now())
    assert queries.board_of(hall.queue.mall.code, clock.now())
    _nothing_is_half_written()


@pytest.mark.parametrize("is_closed", [True, False], ids=["a closed day", "a day that nobody closed yet"])
def test_midnight_between_taking_a_number_and_everything_else(hall: Hall, is_closed: bool) -> None:
    """The number stays of its day; the new day begins at one, and every old page and code says a kind sentence."""
    old = ticket_of(take(hall.queue, channel=Channel.PORTAL))
    missed = ticket_of(take(hall.queue))
    Ticket.objects.filter(pk=missed.pk).update(state=State.NO_SHOW, calls=1, last_called_at=clock.now())
    clock.set_clock(offset=timedelta(days=1))
    new = ticket_of(take(hall.queue))
    assert (new.label, new.day_id != old.day_id) == ("A-001", True)
    if is_closed:
        actions.close_day(day=QueueDay.objects.get(pk=old.day_id), by=None, at=clock.now())
    phone = Caller("phone", Client(raise_request_exception=False), {"Accept-Language": "en"})
    kiosk = screen("kiosk", hall.kiosk)
    before = rows()
    for ticket, act in ((old, "arrive"), (missed, "return")):
        answer = phone.post(f"/t/{ticket.code}/{act}/")
        assert answer.status_code == 409, act
        assert any(
            sentence in answer.content.decode()
            for sentence in ("This number was for a day that is over.", "The grace time for this number is over.")
        )
    problem = phone.post(f"/api/v1/tickets/{old.code}/arrive")
    assert (problem.status_code, problem.json()["code"]) == (409, "wrong-state")
    for ticket in (old, missed):
        answer = kiosk.post(f"/kiosk/{hall.queue.mall.code}/arrive/", {"code": ticket.code})
        assert answer.status_code < 500
    assert changed(before, rows()) == set()
    if is_closed:
        assert "This number was for a day that is over." in phone.get(f"/t/{old.code}/").content.decode()
        assert Ticket.objects.get(pk=old.pk).state == State.EXPIRED


def test_officers_find_yesterdays_numbers_ended(hall: Hall) -> None:
    """After midnight nobody is called or served on yesterday's page; what stood open was ended by the day's end."""
    officer, mall, service = person("officer", hall.officer), hall.queue.mall.code, places(hall)["slug"]
    clock.set_clock(offset=timedelta(days=1))
    take(hall.queue)
    for day in QueueDay.objects.filter(pk=hall.called.day_id):
        actions.close_day(day=day, by=None, at=clock.now())
    before = rows()
    for ticket in (hall.called, hall.waiting):
        for act in (*ACTS, "call"):
            path = f"/desk/{mall}/{hall.counter.number}/tickets/{ticket.pk}/{act}/"
            if (ticket, act) != (hall.called, "no-show"):  # which the end of the day has done: a repeated act
                answer = _do(officer, path, service)
                assert answer.status_code in {404, 409, 422}, f"{path}: {answer.status_code}"
        for act in ACTS:
            path = f"/api/v1/malls/{mall}/tickets/{ticket.code}/{act}"
            if (ticket, act) != (hall.called, "no-show"):
                shut(_do(officer, path, service), path)
    assert changed(before, rows()) == set()


def _states() -> list[tuple[int, str]]:
    return list(Ticket.objects.order_by("pk").values_list("pk", "state"))


def _nothing_is_half_written() -> None:
    """Numbers without a gap, each with its visit and its journal entry."""
    for day in QueueDay.objects.all():
        given = Ticket.objects.filter(day=day, predecessor=None).order_by("number").values_list("number", flat=True)
        assert list(given) == [*range(1, day.last_number + 1)]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM queueing_ticket t WHERE NOT EXISTS (SELECT FROM journal_entry e"
            " WHERE e.subject = 'ticket:' || t.id AND e.verb IN ('ticket.issued', 'ticket.transferred'))"
            " AND t.predecessor_id IS NULL"
        )
        assert cursor.fetchone() == (0,)
