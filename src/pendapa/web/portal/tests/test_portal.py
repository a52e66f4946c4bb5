"""The citizen's pages: who takes a number, who follows it, and what a clumsy or hostile hand gets."""

from datetime import time, timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from pendapa.base import clock
from pendapa.directory.malls.models import Mall
from pendapa.operations.queueing import actions
from pendapa.operations.queueing.models import Queue, QueueDay, Ticket, Visit
from pendapa.operations.queueing.rules import Channel, PriorityReason, State
from pendapa.operations.queueing.tests.make import (
    make_counter,
    make_mall,
    make_queue,
    make_schedule,
    make_service,
    make_user,
    take,
    ticket_of,
)
from pendapa.web.portal import taking
from pendapa.web.portal.forms import new_key

pytestmark = pytest.mark.django_db(transaction=True)

MOST_STATEMENTS = 12  # architecture 6


@pytest.fixture
def queue() -> Queue:
    return make_queue(prefix="A")


@pytest.fixture
def phone() -> Client:
    return Client(headers={"accept-language": "en"}, raise_request_exception=False)


def address(queue: Queue) -> str:
    return f"/{queue.mall.code}/services/{queue.services.get().slug}/number/"


def post(phone: Client, queue: Queue, **fields: Any) -> Any:
    """Open the form as a person does, then send it."""
    phone.get(address(queue))
    return phone.post(address(queue), {"key": new_key(), "visit": "", "priority": "", **fields})


def taken(phone: Client, queue: Queue, **fields: Any) -> Ticket:
    answer = post(phone, queue, **fields)
    assert answer.status_code == 302, answer.content
    return Ticket.objects.get(code=answer["Location"].split("/")[2])


def test_the_only_mall_is_the_front_page(phone: Client, queue: Queue) -> None:
    assert phone.get("/")["Location"] == f"/{queue.mall.code}/"


def test_among_several_malls_one_chooses(phone: Client, queue: Queue) -> None:
    other = make_mall(name="MPP Tetangga")
    page = phone.get("/").content.decode()
    assert f'href="{queue.mall.code}/"' in page
    assert f'href="{other.code}/"' in page


def test_an_installation_without_a_mall_says_so(phone: Client) -> None:
    assert "There is no mall here yet." in phone.get("/").content.decode()


def test_a_small_mall_shows_its_services_by_agency(phone: Client, queue: Queue) -> None:
    page = phone.get(f"/{queue.mall.code}/").content.decode()
    assert queue.services.get().name in page
    assert queue.agency.short_name in page


def test_a_service_says_how_many_wait(phone: Client, queue: Queue) -> None:
    take(queue)
    assert "1 person waiting" in phone.get(address(queue).replace("/number/", "/now/")).content.decode()


def test_a_search_narrows_the_list_and_says_when_nothing_fits(phone: Client, queue: Queue) -> None:
    make_service(queue.mall, queue.agency, "surat-pindah")
    found = phone.get(f"/{queue.mall.code}/?q=PINDAH").content.decode()
    assert "Surat pindah" in found
    assert queue.services.get().name not in found
    assert "Nothing fits these words." in phone.get(f"/{queue.mall.code}/?q=xyzzy").content.decode()


@pytest.mark.parametrize("words", ["%00", "a" * 5000, "%F0%9F%98%80", "%E2%80%AEabc", "<script>", "%ff%fe", "' OR 1=1"])
def test_a_strange_search_gets_an_ordinary_page(phone: Client, queue: Queue, words: str) -> None:
    answer = phone.get(f"/{queue.mall.code}/?q={words}")
    assert answer.status_code == 200
    assert b"<script>alert" not in answer.content


def test_a_number_from_afar_is_not_yet_in_the_hall(phone: Client, queue: Queue) -> None:
    ticket = taken(phone, queue)
    assert (ticket.label, ticket.state, ticket.channel) == ("A-001", State.REMOTE, Channel.PORTAL)
    page = phone.get(f"/t/{ticket.code}/").content.decode()
    assert "A-001" in page
    assert "I am here" in page


def test_a_double_tap_finds_the_first_number(phone: Client, queue: Queue) -> None:
    key = new_key()
    first, second = post(phone, queue, key=key), post(phone, queue, key=key)
    assert first["Location"] == second["Location"]
    assert Ticket.objects.count() == 1


def test_the_reason_for_going_first_is_kept_with_the_number(phone: Client, queue: Queue) -> None:
    ticket = taken(phone, queue, priority=PriorityReason.PREGNANT.value)
    assert ticket.priority
    assert str(ticket.priority_reason) == PriorityReason.PREGNANT.value
    assert PriorityReason.PREGNANT.value not in phone.get(f"/t/{ticket.code}/").content.decode()


def test_a_second_number_joins_the_visit_that_is_proposed(phone: Client, queue: Queue) -> None:
    first = taken(phone, queue)
    other = make_queue(queue.mall, prefix="B")
    assert "For the person with A-001" in phone.get(address(other)).content.decode()
    second = taken(phone, other, visit=first.visit.code)
    assert second.visit == first.visit
    assert taken(phone, make_queue(queue.mall, prefix="C")).visit != first.visit
    assert "B-001" in phone.get(f"/v/{first.visit.code}/").content.decode()


def test_nobody_joins_the_visit_of_somebody_else(phone: Client, queue: Queue) -> None:
    stranger = ticket_of(take(queue, channel=Channel.PORTAL))
    mine = taken(phone, queue)
    other = make_queue(queue.mall, prefix="B")
    answer = post(phone, other, visit=stranger.visit.code)
    assert answer.status_code == 422
    assert Ticket.objects.filter(day__queue=other).count() == 0
    assert mine.visit != stranger.visit


def test_the_fourth_number_of_one_person_is_refused_in_words(phone: Client) -> None:
    mall = make_mall()
    for prefix in "ABC":
        taken(phone, make_queue(mall, prefix=prefix))
    answer = post(phone, make_queue(mall, prefix="D"))
    assert answer.status_code == 429
    assert "You already hold 3 numbers" in answer.content.decode()
    assert "/mine/" in answer.content.decode()


def test_throwing_the_cookie_away_gains_nothing_in_the_end(queue: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taking, "MOST_FROM_ONE_ADDRESS", 5)
    assert [post(Client(), queue).status_code for _person in range(7)] == [302] * 5 + [429] * 2
    assert Ticket.objects.count() == 5


def test_a_closed_queue_says_when_it_gives_numbers_again(phone: Client) -> None:
    mall = make_mall()
    now = clock.now().astimezone(mall.zone_info)
    opens = time(0, 0) if now.hour > 1 else time(3, 0)
    closes = time(0, 30) if now.hour > 1 else time(4, 0)
    queue = make_queue(mall, schedule=make_schedule(mall, opens=opens, closes=closes, name="Night"))
    QueueDay.objects.update(
        numbers_from=clock.now() - timedelta(hours=2), numbers_until=clock.now() - timedelta(hours=1)
    )
    page = phone.get(address(queue)).content.decode()
    assert "No numbers are given now." in page
    assert "Numbers are given again on" in page
    assert "Take a number</span>" not in page
    answer = post(phone, queue)
    assert answer.status_code == 409
    assert Ticket.objects.count() == 0


def test_a_full_queue_says_so(phone: Client) -> None:
    queue = make_queue(daily_limit=1)
    take(queue)
    assert "All numbers for today are taken." in phone.get(address(queue)).content.decode()
    assert post(phone, queue).status_code == 409


@pytest.mark.parametrize(
    "fields",
    [
        {"key": ""},
        {"key": "x" * 32},
        {"key": "A" * 1_000_000},
        {"priority": "VIP"},
        {"priority": "\x00"},
        {"visit": "K7Q2"},
    ],
)
def test_a_form_that_was_tampered_with_takes_no_number(phone: Client, queue: Queue, fields: dict[str, str]) -> None:
    taken(phone, queue)  # so that the choice of a visit is there
    answer = post(phone, make_queue(queue.mall, prefix="B"), **fields)
    assert answer.status_code in {400, 422}
    assert Ticket.objects.count() == 1


def test_another_malls_service_is_not_found(phone: Client, queue: Queue) -> None:
    other = make_mall()
    assert phone.get(f"/{other.code}/services/{queue.services.get().slug}/number/").status_code == 404
    assert phone.get("/nowhere/").status_code == 404
    assert phone.get(f"/{queue.mall.code}/services/nothing/").status_code == 404


def test_i_am_here_and_give_back(phone: Client, queue: Queue) -> None:
    ticket = taken(phone, queue)
    phone.post(f"/t/{ticket.code}/arrive/")
    phone.post(f"/t/{ticket.code}/arrive/")  # a double tap
    ticket.refresh_from_db()
    assert ticket.state == State.WAITING
    phone.post(f"/t/{ticket.code}/cancel/")
    ticket.refresh_from_db()
    assert ticket.state == State.CANCELLED
    late = phone.post(f"/t/{ticket.code}/arrive/")
    assert late.status_code == 409
    assert "is now: cancelled" in late.content.decode()


def test_whoever_missed_the_call_comes_back_by_themselves(phone: Client, queue: Queue) -> None:
    ticket = ticket_of(take(queue))
    officer, counter = make_user(), make_counter(queue)
    called = actions.call_next(counter=counter, by=officer, at=clock.now()) or actions.call_next(
        counter=counter, by=officer, at=clock.now()
    )
    assert called == ticket
    actions.no_show(ticket=ticket, by=officer, at=clock.now())
    page = phone.get(f"/t/{ticket.code}/").content.decode()
    assert f"/t/{ticket.code}/return/" in page
    assert phone.post(f"/t/{ticket.code}/return/").status_code == 302
    ticket.refresh_from_db()
    assert ticket.state == State.WAITING


def test_the_old_code_of_a_transferred_number_leads_on(phone: Client, queue: Queue) -> None:
    ticket = ticket_of(take(queue))
    other = make_queue(queue.mall, prefix="B")
    officer, counter = make_user(), make_counter(queue)
    for _try in range(2):
        actions.call_next(counter=counter, by=officer, at=clock.now())
    actions.start(ticket=ticket, by=officer, at=clock.now())
    successor = actions.transfer(ticket=ticket, service=other.services.get(), by=officer, at=clock.now())
    assert phone.get(f"/t/{ticket.code}/")["Location"] == f"/t/{successor.code}/"


@pytest.mark.parametrize(
    "code", ["x", "K7Q2-F8MN-X4TR-9BWD", "a" * 3000, "%00", "%F0%9F%98%80", "%E2%80%AEK7Q2", "..", "%2F"]
)
@pytest.mark.parametrize("path", ["/t/{}/", "/v/{}/"])
def test_a_wrong_code_opens_nothing(phone: Client, path: str, code: str) -> None:
    assert phone.get(path.format(code)).status_code == 404


def test_numbers_are_acted_on_by_forms_alone(phone: Client, queue: Queue) -> None:
    ticket = ticket_of(take(queue))
    for act in ("arrive", "return", "cancel"):
        assert phone.get(f"/t/{ticket.code}/{act}/").status_code == 405
    ticket.refresh_from_db()
    assert ticket.state == State.WAITING


def test_a_page_stays_good_when_its_browser_signs_in_meanwhile(queue: Queue) -> None:
    """Signing in changes the token of all forms; what acts on a number is proved by its unguessable code."""
    ticket = ticket_of(take(queue, channel=Channel.PORTAL))
    stale = Client(enforce_csrf_checks=True)
    assert stale.post(f"/t/{ticket.code}/arrive/").status_code == 302
    ticket.refresh_from_db()
    assert ticket.state == State.WAITING


def test_taking_a_number_needs_the_form_of_this_site(queue: Queue) -> None:
    foreign = Client(enforce_csrf_checks=True)
    assert foreign.post(address(queue), {"key": new_key()}).status_code == 403
    assert Ticket.objects.count() == 0


def test_mine_are_the_numbers_of_this_browser_only(phone: Client, queue: Queue) -> None:
    taken(phone, queue)
    assert "A-001" in phone.get("/mine/").content.decode()
    assert "A-001" not in Client().get("/mine/").content.decode()
    assert "/mine/" in phone.get(f"/{queue.mall.code}/").content.decode()


def test_the_card_alone_is_sent_to_htmx(phone: Client, queue: Queue) -> None:
    ticket = taken(phone, queue)
    part = phone.get(f"/t/{ticket.code}/", headers={"HX-Request": "true"}).content.decode()
    assert "A-001" in part
    assert "<html" not in part


def test_pages_cost_few_statements_whatever_the_row_counts(
    phone: Client, queue: Queue, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    mall: Mall = queue.mall
    for prefix in "BCDEFGHJ":
        other = make_queue(mall, prefix=prefix)
        take(other)
        for _service in range(5):
            other.services.add(make_service(mall, other.agency))
    ticket = taken(phone, queue)
    visit = Visit.objects.get(pk=ticket.visit_id)
    for path in (f"/{mall.code}/", address(queue), f"/t/{ticket.code}/", f"/v/{visit.code}/", "/mine/"):
        with django_assert_max_num_queries(MOST_STATEMENTS):
            phone.get(path)
    with django_assert_max_num_queries(MOST_STATEMENTS):
        phone.post(address(queue), {"key": new_key(), "visit": "", "priority": ""})
    with django_assert_max_num_queries(MOST_STATEMENTS + 3):  # an act, with the three marks of its transaction
        phone.post(f"/t/{ticket.code}/arrive/")
