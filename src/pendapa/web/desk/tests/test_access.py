"""Who may use a counter's page, and what an old or foreign page meets."""

from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import DjangoAssertNumQueries

from pendapa.base import clock
from pendapa.base.journal.queries import history_of
from pendapa.directory.accounts.models import Role, RoleKind
from pendapa.operations.queueing import actions
from pendapa.operations.queueing.models import Ticket
from pendapa.operations.queueing.rules import Channel, State
from pendapa.operations.queueing.tests.make import make_counter, make_queue, make_user, take
from pendapa.web.desk.tests.hall import Desk, make_client, make_desk, state_of

GETS = ("", "now/", "break/", "issue/", "receive/")
POSTS = ("sit/", "close/", "next/", "go-on/", "break/", "issue/", "receive/")
HTMX = {"HX-Request": "true"}
STATEMENTS = 12  # the budget of a page on an officer's way


def test_nobody_signed_in_is_led_to_the_sign_in_page_and_back(desk: Desk) -> None:
    ticket = desk.call()
    stranger = make_client()
    acts = [f"tickets/{ticket.pk}/{act}/" for act in ("start", "transfer", "cancel", "undo")]
    for what in (*POSTS, *acts):
        answer = stranger.post(desk.url + what)
        assert answer.status_code == 302
        assert answer.headers["Location"].endswith(f"?next={desk.url}")
    for what in GETS:
        assert stranger.get(desk.url + what).status_code == 302
    assert stranger.get("/desk/").status_code == 302
    assert state_of(ticket) == State.CALLED


def test_signed_out_in_another_tab_the_page_leaves_as_a_whole(desk: Desk) -> None:
    ticket = desk.call()
    desk.client.logout()
    answer = desk.post(f"tickets/{ticket.pk}/start/", headers=HTMX)
    assert answer.status_code == 200
    assert "/sign-in/login/" in answer.headers["HX-Redirect"]
    assert state_of(ticket) == State.CALLED


@pytest.mark.parametrize("where", ["another mall", "another agency", "no role", "host"])
def test_for_anybody_else_there_is_no_such_page(desk: Desk, where: str) -> None:
    ticket = desk.call()
    other = make_queue(desk.queue.mall, prefix="B")
    elsewhere = make_queue()
    user = make_user()
    if where == "another mall":
        Role.objects.create(user=user, kind=RoleKind.OFFICER, mall=elsewhere.mall, agency=elsewhere.agency)
    elif where == "another agency":
        Role.objects.create(user=user, kind=RoleKind.OFFICER, mall=other.mall, agency=other.agency)
    elif where == "host":
        Role.objects.create(user=user, kind=RoleKind.HOST, mall=desk.queue.mall)
    client = make_client(user)
    for what in (*POSTS, f"tickets/{ticket.pk}/start/", f"tickets/{ticket.pk}/cancel/"):
        assert client.post(desk.url + what).status_code == 404
    for what in GETS:
        assert client.get(desk.url + what).status_code == 404
    assert state_of(ticket) == State.CALLED


def test_an_account_that_was_locked_sees_nothing(desk: Desk) -> None:
    desk.officer.is_active = False
    desk.officer.save()
    assert desk.client.get(desk.url).status_code in {302, 404}


def test_who_serves_nowhere_is_told_so() -> None:
    answer = make_client(make_user()).get("/desk/")
    assert answer.status_code == 403
    assert "does not serve at any counter" in answer.content.decode()


def test_numbers_of_other_queues_are_not_reached_from_here(desk: Desk) -> None:
    foreign = make_desk()
    foreign.sit()
    ticket = foreign.call()
    for act in ("start", "finish", "hold", "undo", "cancel", "transfer"):
        assert desk.post(f"tickets/{ticket.pk}/{act}/").status_code == 404
    assert desk.post("receive/", {"number": ticket.code}).status_code == 422
    assert state_of(ticket) == State.CALLED


@pytest.mark.parametrize(
    "path",
    [
        "/desk/nowhere/1/",
        "{url}tickets/999999/start/",
        "{url}tickets/99999999999999999999999/start/",
        "{url}tickets/{pk}/dance/",
    ],
)
def test_what_is_not_there_is_not_found(desk: Desk, path: str) -> None:
    pk = desk.call().pk
    assert desk.client.post(path.format(url=desk.url, pk=pk)).status_code in {404, 405}
    assert desk.client.get("/desk/x/99999999999999999999999/").status_code == 404


def test_an_act_is_not_done_by_a_link(desk: Desk) -> None:
    ticket = desk.call()
    for what in ("next/", "close/", f"tickets/{ticket.pk}/start/"):
        assert desk.client.get(desk.url + what).status_code == 405


def test_a_form_without_its_token_is_refused(desk: Desk) -> None:
    ticket = desk.call()
    client = Client(enforce_csrf_checks=True)
    client.force_login(desk.officer)
    assert client.post(f"{desk.url}tickets/{ticket.pk}/start/").status_code == 403
    assert state_of(ticket) == State.CALLED


def test_a_counter_where_somebody_sits_is_not_taken(desk: Desk) -> None:
    colleague = make_user(mall=desk.queue.mall, agency=desk.queue.agency)
    client = make_client(colleague)
    assert desk.officer.full_name in client.get(desk.url).content.decode()
    for what in ("sit/", "next/", "close/", "go-on/", "break/"):
        answer = client.post(desk.url + what, {"why": "meal"})
        assert answer.status_code == 409
        assert "pd-errors" in answer.content.decode()


def test_another_officers_visitor_is_left_alone(desk: Desk) -> None:
    ticket = desk.call()
    other = make_desk(beside=desk)
    other.sit()
    for act in ("recall", "start", "no-show", "hold", "cancel"):
        assert "is with another officer" in other.refused(f"tickets/{ticket.pk}/{act}/")
    assert "nothing of yours to undo" in other.refused(f"tickets/{ticket.pk}/undo/", {"act": "call"})
    assert state_of(ticket) == State.CALLED


def test_an_old_page_meets_the_present_state(desk: Desk) -> None:
    ticket = desk.serve()
    desk.act(ticket, "finish")
    seen = len(history_of(f"ticket:{ticket.pk}"))
    for act in ("start", "recall", "hold", "no-show", "resume"):
        page = desk.refused(f"tickets/{ticket.pk}/{act}/")
        assert "is now: done" in page
        assert "Call the next" in page  # the page as it is now comes with the sentence
    assert len(history_of(f"ticket:{ticket.pk}")) == seen


def test_for_htmx_an_act_ends_in_the_part_with_its_sentence(desk: Desk) -> None:
    ticket = desk.call()
    answer = desk.client.post(f"{desk.url}tickets/{ticket.pk}/start/", headers=HTMX, follow=True)
    page = answer.content.decode()
    assert answer.headers["HX-Retarget"] == "#desk"
    assert "<html" not in page
    assert f"{ticket.label} is being served." in page
    refused = desk.client.post(f"{desk.url}tickets/{ticket.pk}/recall/", headers=HTMX)
    assert refused.status_code == 409
    assert "hx-swap-oob" in refused.content.decode()


def test_following_leaves_the_sentence_to_the_tab_that_acted(desk: Desk) -> None:
    ticket = desk.call()
    desk.post(f"tickets/{ticket.pk}/start/")
    assert "is being served." not in desk.client.get(f"{desk.url}now/", headers=HTMX).content.decode()
    assert f"{ticket.label} is being served." in desk.page()


def fill(desk: Desk, people: int) -> None:
    for _person in range(people):
        for act in ("hold", "no-show", "finish"):
            desk.act(desk.serve() if act != "no-show" else desk.call(), act)
        desk.wait()
        take(desk.queue, channel=Channel.PORTAL)
    others = make_queue(desk.queue.mall, prefix=f"B{'ABCDEFG'[people]}")
    ticket = desk.serve()
    take(others, visit=ticket.visit.code)


@pytest.mark.parametrize("people", [0, 5])
def test_the_page_takes_few_statements_whatever_waits(
    desk: Desk, people: int, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    fill(desk, people)
    for what in ("", "now/"):
        with django_assert_max_num_queries(STATEMENTS):
            desk.page(what)


def test_choosing_takes_few_statements_whatever_the_counters(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    desk = make_desk()
    for _counter in range(8):
        make_counter(desk.queue)
    with django_assert_max_num_queries(STATEMENTS):
        desk.client.get("/desk/")


HOSTILE = {
    "a megabyte": "x" * 1_000_000,
    "emoji": "\N{THUMBS UP SIGN}\N{EMOJI MODIFIER FITZPATRICK TYPE-4}" * 20,
    "right to left": "\N{RIGHT-TO-LEFT OVERRIDE}\N{ARABIC LETTER ALEF}\N{ARABIC LETTER BEH}",
    "nul": "a\0b",
    "markup": "<script>alert(1)</script>",
    "quotes": "' OR 1=1 --",
    "blank": "   ",
    "surrogates": "\N{REPLACEMENT CHARACTER}" * 3,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_whatever_is_typed_ends_in_a_sentence(desk: Desk, text: str) -> None:
    ticket = desk.serve()
    service = desk.queue.services.get().slug
    requests: list[tuple[str, dict[str, Any]]] = [
        ("receive/", {"number": text}),
        ("issue/", {"service": text, "key": "k"}),
        ("issue/", {"service": service, "priority": text, "key": "k"}),
        ("issue/", {"service": service, "key": (text * 70)[:1_000_000]}),
        (f"tickets/{ticket.pk}/transfer/", {"service": text}),
        ("break/", {"why": text}),
    ]
    for what, data in requests:
        answer = desk.post(what, data)
        assert answer.status_code == 422, what
        page = answer.content.decode()
        assert "pd-errors" in page
        assert "<script>alert" not in page
    assert Ticket.objects.count() == 1
    assert state_of(ticket) == State.SERVING
    desk.page(f"tickets/{ticket.pk}/transfer/", q=text[:5000])
    for act in ("undo", "recall"):
        assert desk.post(f"tickets/{ticket.pk}/{act}/", {"act": text, "calls": text}).status_code < 500


@pytest.mark.parametrize("text", [HOSTILE["emoji"][:40], HOSTILE["right to left"], HOSTILE["markup"]])
def test_a_reason_in_own_words_is_shown_as_text(desk: Desk, text: str) -> None:
    page = desk.press("break/", {"why": "other", "words": text})
    assert "<script>alert" not in page
    assert "Go on after the break" in page


def test_a_name_from_right_to_left_does_not_turn_the_page(desk: Desk) -> None:
    desk.officer.full_name = "\N{RIGHT-TO-LEFT OVERRIDE}\N{ARABIC LETTER ALEF} <b>Sari</b>"
    desk.officer.save()
    colleague = make_client(make_user(mall=desk.queue.mall, agency=desk.queue.agency))
    assert "<b>Sari</b>" not in colleague.get(desk.url).content.decode()


def test_after_midnight_yesterdays_numbers_are_not_received(desk: Desk) -> None:
    ticket = desk.wait()
    desk.queue.days.update(date="2020-01-01")
    assert "No such number today" in desk.refused("receive/", {"number": ticket.label}, status=422)
    assert actions.call_next(counter=desk.counter, by=desk.officer, at=clock.now()) is None
