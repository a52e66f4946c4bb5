"""Every act of the officer at the counter's page, by plain forms."""

from datetime import timedelta

import pytest
from django.db.models import F

from pendapa.base import clock
from pendapa.operations.queueing import actions
from pendapa.operations.queueing.models import CounterState, CounterStatus, IssueKey, Ticket, Visit
from pendapa.operations.queueing.rules import Channel, PriorityReason, State
from pendapa.operations.queueing.tests.make import make_queue, take, ticket_of
from pendapa.web.desk.tests.hall import Desk, make_desk, state_of


def status_of(desk: Desk) -> CounterStatus:
    return CounterStatus.objects.get(counter=desk.counter)


def test_an_officer_chooses_a_counter_and_opens_it() -> None:
    desk = make_desk()
    assert f"{desk.url}sit/" in desk.client.get("/desk/").content.decode()
    assert "is open." in desk.press("sit/")
    assert status_of(desk).officer == desk.officer
    assert desk.client.get("/desk/").headers["Location"] == desk.url


def test_a_visitor_is_called_served_and_finished(desk: Desk) -> None:
    ticket = desk.wait()
    assert f"{ticket.label} is called to counter" in desk.press("next/")
    assert "is called again, call 2" in desk.act(ticket, "recall", {"calls": "1"})
    assert f"{ticket.label} is being served" in desk.act(ticket, "start")
    assert f"{ticket.label} is finished" in desk.act(ticket, "finish")
    assert state_of(ticket) == State.SERVED
    assert "Nobody is waiting." in desk.press("next/")


def test_a_second_press_on_next_calls_nobody_else(desk: Desk) -> None:
    first, second = desk.wait(), desk.wait()
    desk.press("next/")
    assert f"{first.label} is called" in desk.press("next/")
    assert state_of(second) == State.WAITING


def test_a_second_press_on_call_again_calls_once(desk: Desk) -> None:
    ticket = desk.call()
    for _press in range(2):
        assert "call 2" in desk.act(ticket, "recall", {"calls": "1"})
    assert Ticket.objects.get(pk=ticket.pk).calls == 2


@pytest.mark.parametrize("act", ["start", "hold", "no-show"])
def test_a_second_press_finds_the_act_done(desk: Desk, act: str) -> None:
    ticket = desk.call()
    words = {"start": "being served", "hold": "is on hold", "no-show": "is not here"}[act]
    for _press in range(2):
        assert words in desk.act(ticket, act)


def test_a_missed_visitor_gets_the_old_place_back(desk: Desk) -> None:
    ticket = desk.call()
    assert "The place is kept until" in desk.act(ticket, "no-show")
    assert "place kept until" in desk.page()
    assert "in the old place" in desk.act(ticket, "return")
    assert "came back at" in desk.page()


def test_after_the_grace_time_a_missed_number_is_not_taken_back(desk: Desk) -> None:
    ticket = desk.call()
    desk.act(ticket, "no-show")
    Ticket.objects.filter(pk=ticket.pk).update(last_called_at=F("last_called_at") - timedelta(hours=1))
    assert "The grace time for this number is over" in desk.refused(f"tickets/{ticket.pk}/return/")
    assert state_of(ticket) == State.NO_SHOW


def test_a_visitor_on_hold_is_served_on(desk: Desk) -> None:
    ticket = desk.serve()
    desk.act(ticket, "hold")
    assert "on hold since" in desk.page()
    assert "is being served" in desk.act(ticket, "resume")


def test_a_visitor_on_hold_waits_until_the_counter_is_free(desk: Desk) -> None:
    ticket = desk.serve()
    desk.act(ticket, "hold")
    desk.call()
    assert "has another visitor" in desk.refused(f"tickets/{ticket.pk}/resume/")
    assert f"tickets/{ticket.pk}/resume/" not in desk.page()


def test_undo_takes_back_the_step_that_the_page_shows(desk: Desk) -> None:
    ticket = desk.serve()
    page = desk.act(ticket, "finish")
    assert f"tickets/{ticket.pk}/undo/" in page
    assert 'name="act" value="finish"' in page
    assert "Taken back." in desk.act(ticket, "undo", {"act": "finish"})
    assert state_of(ticket) == State.SERVING


def test_an_old_page_does_not_undo_a_later_step(desk: Desk) -> None:
    ticket = desk.serve()
    desk.act(ticket, "finish")
    assert "Something else was done" in desk.refused(f"tickets/{ticket.pk}/undo/", {"act": "start"})
    assert state_of(ticket) == State.SERVED


def test_after_thirty_seconds_undo_is_gone(desk: Desk) -> None:
    ticket = desk.serve()
    desk.act(ticket, "finish")
    Ticket.objects.filter(pk=ticket.pk).update(last_act_at=clock.now() - timedelta(seconds=31))
    assert f"tickets/{ticket.pk}/undo/" not in desk.page()
    assert "Too much time has passed" in desk.refused(f"tickets/{ticket.pk}/undo/", {"act": "finish"})


def test_a_visitor_is_moved_on_and_keeps_the_number(desk: Desk) -> None:
    ticket = desk.serve()
    target = make_queue(desk.queue.mall, prefix="B").services.get()
    assert target.name in desk.page(f"tickets/{ticket.pk}/transfer/", q=target.name)
    for _press in range(2):
        assert "is moved on to" in desk.act(ticket, "transfer", {"service": target.slug})
    assert Ticket.objects.get(predecessor=ticket).label == ticket.label


def test_moving_on_needs_a_service_of_this_mall(desk: Desk) -> None:
    ticket = desk.serve()
    elsewhere = make_queue().services.get()
    for service in ("", "no-such-service", elsewhere.slug):
        page = desk.refused(f"tickets/{ticket.pk}/transfer/", {"service": service}, status=422)
        assert "Please choose a service of the list." in page
    assert state_of(ticket) == State.SERVING


def test_a_number_is_cancelled_after_its_consequences_were_named(desk: Desk) -> None:
    ticket = desk.wait()
    assert f"tickets/{ticket.pk}/cancel/" in desk.page()
    assert "This cannot be undone." in desk.page(f"tickets/{ticket.pk}/cancel/")
    assert state_of(ticket) == State.WAITING
    for _press in range(2):
        assert "is cancelled" in desk.act(ticket, "cancel")
    assert state_of(ticket) == State.CANCELLED


def test_who_is_being_served_is_not_cancelled(desk: Desk) -> None:
    ticket = desk.serve()
    assert "is now: being served" in desk.refused(f"tickets/{ticket.pk}/cancel/")


def test_a_walk_in_gets_a_number_once(desk: Desk) -> None:
    assert 'name="key"' in desk.page("issue/")
    request = {"service": desk.queue.services.get().slug, "priority": PriorityReason.ELDERLY, "key": "once"}
    for _press in range(2):
        assert "Number A-001 is given. 0 people are ahead." in desk.press("issue/", request)
    ticket = Ticket.objects.get()
    assert ticket.channel == Channel.DESK
    assert ticket.priority
    assert str(ticket.priority_reason) == PriorityReason.ELDERLY
    assert "counts from" in desk.page()


def test_a_key_that_was_used_for_another_number_is_replaced(desk: Desk) -> None:
    service = desk.queue.services.get().slug
    desk.press("issue/", {"service": service, "priority": "", "key": "once"})
    page = desk.refused("issue/", {"service": service, "priority": PriorityReason.ILL, "key": "once"}, status=422)
    assert "Please start again." in page
    assert 'value="once"' not in page
    assert IssueKey.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_full_queue_says_so(desk: Desk) -> None:
    desk.queue.days.update(number_limit=0)
    page = desk.refused("issue/", {"service": desk.queue.services.get().slug, "key": "once"})
    assert "for today are taken" in page


def test_someone_with_a_number_from_afar_arrives_by_label_or_code(desk: Desk) -> None:
    by_label, by_code, by_visit = (take(desk.queue, channel=Channel.PORTAL) for _ in range(3))
    for words in (by_label.label.lower(), by_code.code.lower(), by_visit.visit):
        assert "is here and waits in line" in desk.press("receive/", {"number": words})
    assert set(Ticket.objects.values_list("state", flat=True)) == {State.WAITING}
    assert Visit.objects.filter(present_at=None).count() == 0


def test_someone_who_missed_the_call_comes_back_by_label(desk: Desk) -> None:
    ticket = desk.call()
    desk.act(ticket, "no-show")
    assert "is back in line" in desk.press("receive/", {"number": ticket.label})


def test_someone_on_hold_comes_back_to_another_counter_of_the_line(desk: Desk) -> None:
    ticket = desk.serve()
    desk.act(ticket, "hold")
    assert f"Still on hold: {ticket.label}" in desk.press("close/")
    other = make_desk(beside=desk)
    other.sit()
    assert "is being served" in other.press("receive/", {"number": ticket.label})
    assert Ticket.objects.get(pk=ticket.pk).counter == other.counter


@pytest.mark.parametrize("words", ["A-999", "K7Q2-F8MN-K7Q2-F8MN", "hello", "ZZ-1", "A-99999999999999999999"])
def test_a_number_that_is_not_here_today_is_a_kind_sentence(desk: Desk, words: str) -> None:
    assert "pd-errors" in desk.refused("receive/", {"number": words}, status=422)


def test_a_number_that_waits_already_needs_nothing(desk: Desk) -> None:
    ticket = desk.wait()
    assert "Nothing needs to be done" in desk.refused("receive/", {"number": ticket.label})


def test_a_break_has_a_reason_and_nobody_is_called_in_it(desk: Desk) -> None:
    desk.wait()
    assert "Please say in a few words why." in desk.refused("break/", {"why": "other", "words": ""}, status=422)
    assert "Prayer" in desk.press("break/", {"why": "prayer"})
    assert status_of(desk).state == CounterState.PAUSED
    assert "is on a break" in desk.refused("next/")
    assert "goes on" in desk.press("go-on/")
    assert "is called to counter" in desk.press("next/")


def test_a_counter_with_a_visitor_is_not_closed(desk: Desk) -> None:
    ticket = desk.call()
    assert f"Please finish {ticket.label} first." in desk.refused("close/")
    desk.act(ticket, "no-show")
    assert "is closed." in desk.press("close/")
    assert status_of(desk).officer is None


def test_the_line_stands_in_order_of_due_at(desk: Desk) -> None:
    late, early = desk.wait(), desk.wait()
    first = ticket_of(take(desk.queue, reason=PriorityReason.PREGNANT))
    Ticket.objects.filter(pk=early.pk).update(due_at=late.due_at - timedelta(minutes=1))
    page = desk.page()
    places = [page.index(f'pd-row__label" translate="no">{one.label}<') for one in (first, early, late)]
    assert places == sorted(places)


def test_moved_here_is_a_reason_of_order(desk: Desk) -> None:
    ticket = desk.serve()
    queue = make_queue(desk.queue.mall, prefix="B")
    actions.transfer(ticket=ticket, service=queue.services.get(), by=desk.officer, at=clock.now())
    desk.counter.status.profile.queues.add(queue)
    assert "moved here, keeps its place" in desk.page()


def test_somebody_is_called_before_their_turn_for_a_reason(desk: Desk) -> None:
    _first, second = desk.wait(), desk.wait()
    assert f"tickets/{second.pk}/call/" in desk.page()
    panel = desk.page(f"tickets/{second.pk}/call/")
    assert "1 person is due before." in panel
    assert "Please choose a reason." in desk.refused(f"tickets/{second.pk}/call/", status=422)
    assert "Please say in a few words why." in desk.refused(
        f"tickets/{second.pk}/call/", {"why": "other", "words": ""}, status=422
    )
    assert state_of(second) == State.WAITING
    assert f"{second.label} is called to counter" in desk.act(second, "call", {"why": "papers"})
    assert state_of(second) == State.CALLED
    assert "/call/" not in desk.page()  # with a visitor at the counter nobody is called


def test_nobody_of_another_agency_is_called_before_their_turn(desk: Desk) -> None:
    stranger = ticket_of(take(make_queue(desk.queue.mall, prefix="Z")))
    assert desk.post(f"tickets/{stranger.pk}/call/", {"why": "papers"}).status_code == 404
    assert state_of(stranger) == State.WAITING
