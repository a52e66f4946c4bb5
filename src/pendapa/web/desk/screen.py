"""What an officer's page shows, read with a fixed number of statements and put into words."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, Q, QuerySet
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy, pgettext_lazy
from django.utils.translation import gettext as _

from pendapa.base import codes
from pendapa.directory.accounts.models import User
from pendapa.directory.catalogue import finding
from pendapa.directory.catalogue.models import PublicService
from pendapa.directory.catalogue.queries import services_of
from pendapa.directory.catalogue.rules import FIRST_LANGUAGE
from pendapa.directory.malls.models import Counter
from pendapa.directory.malls.queries import service_date
from pendapa.operations.queueing import queries, rules
from pendapa.operations.queueing.models import CounterState, CounterStatus, Ticket
from pendapa.operations.queueing.rules import Act, Channel, State

SHOWN = 12  # rows of the line; more than fit on a desk's screen, fewer than tire the eye
_LABEL = re.compile(r"(?P<prefix>[A-Z]{1,2})[\s-]?(?P<number>[0-9]{1,6})")
SEARCHED = 24  # services offered for a transfer at a time


@dataclass(frozen=True)
class Seat:
    """An officer at the page of one counter, and the moment of the request."""

    counter: Counter
    user: User
    at: datetime

    @property
    def today(self) -> date:
        return service_date(self.counter.mall, self.at)

    @property
    def status(self) -> CounterStatus | None:
        return getattr(self.counter, "status", None)

    @property
    def is_mine(self) -> bool:
        return self.status is not None and self.status.officer_id == self.user.pk

    def url(self, name: str = "desk", **more: object) -> str:
        """The address of one of this counter's pages or acts."""
        return reverse(name, kwargs={"mall": self.counter.mall.code, "number": self.counter.number, **more})

    def time(self, moment: datetime | None) -> str:
        """A moment as the hall's clock shows it, such as 08.12."""
        return f"{moment.astimezone(self.counter.mall.zone_info):%H.%M}" if moment else ""

    def minutes(self, since: datetime) -> str:
        """How long ago, in whole minutes."""
        return _("%(minutes)d min") % {"minutes": max(0, (self.at - since) // timedelta(minutes=1))}


@dataclass(frozen=True)
class Button:
    """One act of a number: where its form goes, what it says, which key presses it.

    `calls` is how often the page knows the number was called, so that a call is repeated once for one press.
    """

    act: str
    url: str
    label: str | Promise
    key: str
    icon: str
    is_primary: bool = False
    is_link: bool = False
    is_small: bool = False
    calls: int | None = None


@dataclass(frozen=True)
class Row:
    """A number in one of the lists: why it stands there, since when, and what can be done with it."""

    ticket: Ticket
    reason: str
    since: str
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True)
class Undo:
    """The last step that can still be taken back, for so many seconds; `act` is the one that the page shows."""

    url: str
    act: Act
    text: str
    seconds: int


@dataclass(frozen=True)
class Current:
    """The visitor who is called to the counter or served there."""

    ticket: Ticket
    since: str
    waited: str
    called: str
    started: str
    buttons: tuple[Button, ...]
    others: tuple[Ticket, ...]


@dataclass(frozen=True)
class Screen:
    """All of the page."""

    seat: Seat
    current: Current | None
    held: tuple[Row, ...]
    missed: tuple[Row, ...]
    line: tuple[Row, ...]
    undo: Undo | None
    waiting: int
    remote: int
    served: int
    time: str
    break_since: str

    @property
    def more(self) -> int:
        return max(0, self.waiting - len(self.line))


@dataclass(frozen=True)
class _Face:
    """How an act looks as a button of the visitor at the counter."""

    act: Act
    label: str | Promise
    key: str
    icon: str


# The acts of a visitor at the counter, in the order of their buttons: the first that may follow is the main one.
_FACES = (
    _Face(Act.START, gettext_lazy("Start serving"), "S", "person-badge"),
    _Face(Act.FINISH, gettext_lazy("Finish"), "F", "check-lg"),
    _Face(Act.RECALL, gettext_lazy("Call again"), "R", "megaphone"),
    _Face(Act.NO_SHOW, gettext_lazy("Not here"), "X", "person-walking"),
    _Face(Act.HOLD, gettext_lazy("Put on hold"), "H", "pause-circle"),
    _Face(Act.TRANSFER, gettext_lazy("Move on"), "T", "arrow-left-right"),
    _Face(Act.CANCEL, gettext_lazy("Cancel the number"), "C", "x-circle"),
)
_MAIN = (Act.START, Act.FINISH)
_ASKED = (Act.TRANSFER, Act.CANCEL)  # a panel asks something first

_DONE: dict[Act, str | Promise] = {
    Act.CALL: pgettext_lazy("undo", "called"),
    Act.START: pgettext_lazy("undo", "being served"),
    Act.FINISH: pgettext_lazy("undo", "finished"),
    Act.NO_SHOW: pgettext_lazy("undo", "marked as not here"),
    Act.HOLD: pgettext_lazy("undo", "put on hold"),
    Act.RESUME: pgettext_lazy("undo", "being served again"),
    Act.TRANSFER: pgettext_lazy("undo", "moved on"),
}


def counter_at(mall: str, number: int) -> Counter | None:
    """A counter with its place and who sits there now; one statement."""
    counters = Counter.objects.select_related("mall", "zone", "agency", "status__officer", "status__profile")
    return counters.filter(mall__code=mall, number=number).first()


def number_at(seat: Seat, pk: int) -> Ticket | None:
    """A number that this counter's page may speak of: called here, or in one of the counter's queues."""
    numbers = Ticket.objects.select_related("day__queue", "visit", "service")
    return numbers.filter(pk=pk, day__queue__mall=seat.counter.mall_id).filter(_of_the_counter(seat)).first()


def number_named(seat: Seat, text: str) -> Ticket | None:
    """The number that a visitor shows or says: today's label, the number's own code or the visit's, here or nearby.

    Only numbers of this counter's agency or queues are found. Raises `codes.BadCode` for what can be neither.
    A moved number is found where it is now.
    """
    if label := _LABEL.fullmatch(text.strip().upper()):
        first = Ticket.objects.filter(
            day__queue__mall=seat.counter.mall_id,
            day__date=seat.today,
            day__queue__prefix=label["prefix"],
            number=int(label["number"]),
            predecessor=None,
        )
        code = first.values_list("code", flat=True).first()
        found = queries.ticket_by_code(code) if code else None
    else:
        code = codes.normalise(text)
        found = queries.ticket_by_code(code)
    if found is None and code:
        nearby = Ticket.objects.filter(visit__code=code).exclude(state=State.TRANSFERRED)
        return nearby.filter(_nearby(seat)).select_related("day__queue", "visit").order_by("due_at").first()
    return found if found and Ticket.objects.filter(_nearby(seat), pk=found.pk).exists() else None


def due_before(ticket: Ticket) -> int:
    """How many who wait in the same line are due before a number."""
    return Ticket.objects.filter(day=ticket.day_id, state=State.WAITING, due_at__lt=ticket.due_at).count()


def services_to_move_to(seat: Seat, ticket: Ticket, search: str) -> list[PublicService]:
    """The services whose queue could take a number over, those that answer the words first; `SEARCHED` at most."""
    services = services_of(seat.counter.mall).filter(queues__isnull=False).exclude(queues=ticket.day.queue_id)
    if not search.strip():
        return list(services[:SEARCHED])
    hits = finding.found(seat.counter.mall, search, language=get_language() or FIRST_LANGUAGE, limit=4 * SEARCHED).hits
    known = services.in_bulk([hit.service_id for hit in hits])
    return [known[hit.service_id] for hit in hits if hit.service_id in known][:SEARCHED]


def services_here(seat: Seat) -> list[PublicService]:
    """The services of the queues that this counter serves, for a number given at the desk."""
    if seat.status is None:
        return []
    services = PublicService.objects.filter(queues__work_profiles=seat.status.profile_id, mall=seat.counter.mall_id)
    return list(services.distinct().order_by("name", "pk"))


def screen_of(seat: Seat) -> Screen:
    """Read and word the whole page; seven statements, whatever the number of people."""
    active = queries.active_at(seat.counter) if seat.is_mine else None
    here = _numbers_here(seat) if seat.is_mine else []
    waiting, remote = _in_line(seat)
    return Screen(
        seat=seat,
        current=_current(seat, active) if active else None,
        held=tuple(_held(seat, (one for one in here if one.state == State.HELD), is_free=active is None)),
        missed=tuple(_missed(seat, (one for one in here if one.state == State.NO_SHOW))),
        line=tuple(
            Row(ticket, _reason(seat, ticket), seat.minutes(_present_since(ticket)), _in_turn(seat, ticket, active))
            for ticket in queries.waiting_for(seat.counter, seat.today, limit=SHOWN)
        ),
        undo=_undo(seat, [*here, active] if active else here),
        waiting=waiting,
        remote=remote,
        served=_called_here(seat).filter(state=State.SERVED).count() if seat.is_mine else 0,
        time=seat.time(seat.at),
        break_since=seat.time(seat.status.since) if seat.status and seat.status.state == CounterState.PAUSED else "",
    )


def act_words(act: Act) -> str:
    """An act as the undo button names it."""
    return str(_DONE[act])


def _of_the_counter(seat: Seat) -> Q:
    here = Q(counter=seat.counter)
    return here | Q(day__queue__in=seat.status.profile.queues.values("pk")) if seat.status else here


def _nearby(seat: Seat) -> Q:
    """Today's numbers that an officer here may receive: of the counter's agency, or of a queue it serves."""
    today = Q(day__queue__mall=seat.counter.mall_id, day__date=seat.today)
    return today & (Q(day__queue__agency=seat.counter.agency_id) | _of_the_counter(seat))


def _called_here(seat: Seat) -> QuerySet[Ticket]:
    # By day first: the index of called numbers holds one day of them, however many years lie behind it.
    return Ticket.objects.filter(
        day__queue__mall=seat.counter.mall_id, day__date=seat.today, calls__gt=0, counter=seat.counter
    )


def _numbers_here(seat: Seat) -> list[Ticket]:
    """Today's numbers of this counter that are on hold, missed, or just acted on by this officer; latest act first."""
    mine = Q(last_act_by=seat.user.actor_name, last_act_at__gte=seat.at - rules.UNDO_FOR, before__isnull=False)
    numbers = _called_here(seat).filter(Q(state__in=[State.HELD, State.NO_SHOW]) | mine)
    return list(numbers.select_related("day__queue", "visit", "service").order_by("-last_act_at", "-pk"))


def _in_line(seat: Seat) -> tuple[int, int]:
    """How many wait in the hall, and how many are on their way, in the counter's queues."""
    if seat.status is None:
        return 0, 0
    counts = dict(
        Ticket.objects.filter(
            day__date=seat.today, day__queue__work_profiles=seat.status.profile_id, state__in=rules.IN_LINE
        )
        .values_list("state")
        .annotate(Count("pk"))
    )
    return counts.get(State.WAITING, 0), counts.get(State.REMOTE, 0)


def _current(seat: Seat, ticket: Ticket) -> Current:
    since = _present_since(ticket)
    until = ticket.called_at or seat.at
    return Current(
        ticket=ticket,
        since=seat.time(since),
        waited=_("%(minutes)d min") % {"minutes": max(0, (until - since) // timedelta(minutes=1))},
        called=seat.time(ticket.last_called_at),
        started=seat.time(ticket.started_at),
        buttons=tuple(_button(seat, ticket, face) for face in _FACES if ticket.may(face.act)),
        others=tuple(other for other in queries.tickets_of(ticket.visit) if other.pk != ticket.pk),
    )


def _button(seat: Seat, ticket: Ticket, face: _Face) -> Button:
    is_link = face.act in _ASKED
    url = seat.url(f"desk_{_slug(face.act)}", ticket=ticket.pk) if is_link else _url(seat, ticket, face.act)
    return Button(
        _slug(face.act),
        url,
        face.label,
        face.key,
        face.icon,
        is_primary=face.act in _MAIN,
        is_link=is_link,
        calls=ticket.calls if face.act == Act.RECALL else None,
    )


def _cancel(seat: Seat, ticket: Ticket) -> Button:
    url = seat.url("desk_cancel", ticket=ticket.pk)
    return Button("cancel", url, _("Cancel the number"), "", "x-circle", is_link=True, is_small=True)


def _in_turn(seat: Seat, ticket: Ticket, active: Ticket | None) -> tuple[Button, ...]:
    """What can be done with somebody in line: call them before their turn at a free counter, or cancel."""
    url = seat.url("desk_call", ticket=ticket.pk)
    before = Button("call", url, _("Call before their turn"), "", "megaphone", is_link=True, is_small=True)
    is_free = seat.is_mine and seat.status is not None and seat.status.state == CounterState.OPEN and active is None
    return (before, _cancel(seat, ticket)) if is_free else (_cancel(seat, ticket),)


def _held(seat: Seat, tickets: Iterable[Ticket], *, is_free: bool) -> Iterable[Row]:
    for place, ticket in enumerate(sorted(tickets, key=lambda one: one.last_act_at or seat.at), start=1):
        buttons = []
        if is_free:
            key = str(place) if place <= 9 else ""
            buttons.append(Button("resume", _url(seat, ticket, Act.RESUME), _("Go on serving"), key, "play-circle"))
        if ticket.officer_id == seat.user.pk:
            buttons.append(
                Button("no-show", _url(seat, ticket, Act.NO_SHOW), _("Did not come back"), "", "person-walking")
            )
            buttons.append(_cancel(seat, ticket))
        since = ticket.last_act_at or seat.at
        reason = _("on hold since %(time)s") % {"time": seat.time(since)}
        yield Row(ticket, reason, seat.minutes(since), tuple(buttons))


def _missed(seat: Seat, tickets: Iterable[Ticket]) -> Iterable[Row]:
    """Missed numbers whose place is still kept, the latest first; the first one also by key."""
    kept = [one for one in tickets if one.returns_until and one.returns_until >= seat.at]
    for place, ticket in enumerate(kept[: queries.RECENT]):
        button = Button(
            "return", _url(seat, ticket, Act.RETURN), _("Back in line"), "" if place else "K", "arrow-return-left"
        )
        reason = _("place kept until %(time)s") % {"time": seat.time(ticket.returns_until)}
        yield Row(ticket, reason, "", (button,))


def _undo(seat: Seat, tickets: list[Ticket]) -> Undo | None:
    mine = [one for one in tickets if one.last_act_by == seat.user.actor_name and one.before is not None]
    latest = max(mine, key=lambda one: one.last_act_at or one.issued_at, default=None)
    if latest is None or latest.last_act_at is None:
        return None
    act = Act(latest.last_act)
    if not rules.may_be_undone(act, latest.last_act_at, seat.at):
        return None
    left = latest.last_act_at + rules.UNDO_FOR - seat.at
    return Undo(
        url=seat.url("desk_act", ticket=latest.pk, act="undo"),
        act=act,
        text=f"{latest.label}: {act_words(act)}.",
        seconds=max(1, int(left.total_seconds())),
    )


def _reason(seat: Seat, ticket: Ticket) -> str:
    """Why a number stands where it stands, in words."""
    since = seat.time(_present_since(ticket))
    if ticket.visit.active_ticket_id:
        return _("is at another counter now; waiting since %(time)s") % {"time": since}
    if ticket.predecessor_id:
        return _("moved here, keeps its place; waiting since %(time)s") % {"time": since}
    if ticket.returned_at:
        return _("came back at %(back)s, keeps its place; waiting since %(time)s") % {
            "back": seat.time(ticket.returned_at),
            "time": since,
        }
    if ticket.priority:
        due = seat.time(ticket.due_at)
        return _("counts from %(due)s, waiting since %(time)s") % {"due": due, "time": since}
    if ticket.channel in (Channel.PORTAL, Channel.API):
        return _("taken from afar at %(taken)s, here since %(time)s") % {
            "taken": seat.time(ticket.issued_at),
            "time": since,
        }
    return _("waiting since %(time)s") % {"time": since}


def _present_since(ticket: Ticket) -> datetime:
    """From when somebody waits in the hall for this number: from its issue, or from their arrival after it."""
    return max(ticket.issued_at, ticket.visit.present_at or ticket.issued_at)


def _url(seat: Seat, ticket: Ticket, act: Act) -> str:
    return seat.url("desk_act", ticket=ticket.pk, act=_slug(act))


def _slug(act: Act) -> str:
    return act.replace("_", "-")
