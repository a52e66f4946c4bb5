"""Queues, their days, visits and tickets. What may happen to them stands in `rules.STEPS`."""

from datetime import datetime, timedelta

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from pendapa.base.records.models import Record
from pendapa.base.secrets import EncryptedTextField
from pendapa.directory.accounts.models import User
from pendapa.directory.catalogue.models import PublicService
from pendapa.directory.malls.models import PREFIX, Agency, Counter, Mall, Schedule, Zone
from pendapa.operations.queueing import rules
from pendapa.operations.queueing.rules import Act, Channel, PriorityReason, State

STATE_NAMES = {
    State.REMOTE: _("not here yet"),
    State.WAITING: pgettext_lazy("ticket", "waiting"),
    State.CALLED: pgettext_lazy("ticket", "called"),
    State.SERVING: pgettext_lazy("ticket", "being served"),
    State.HELD: pgettext_lazy("ticket", "on hold"),
    State.SERVED: pgettext_lazy("ticket", "done"),
    State.NO_SHOW: pgettext_lazy("ticket", "missed"),
    State.TRANSFERRED: pgettext_lazy("ticket", "moved on"),
    State.CANCELLED: pgettext_lazy("ticket", "cancelled"),
    State.EXPIRED: pgettext_lazy("ticket", "expired"),
}
PRIORITY_REASON_NAMES = {
    PriorityReason.DISABILITY: _("disability"),
    PriorityReason.ELDERLY: _("60 years or older"),
    PriorityReason.PREGNANT: _("pregnant"),
    PriorityReason.NURSING: _("nursing mother"),
    PriorityReason.WITH_TODDLER: _("with a toddler"),
    PriorityReason.DISASTER_VICTIM: _("disaster victim"),
    PriorityReason.ILL: _("ill"),
    PriorityReason.OTHER: _("another reason"),
}


class Queue(Record):
    """One line of an agency in a mall: which public services it takes, and when."""

    mall = models.ForeignKey(Mall, models.PROTECT, related_name="queues", verbose_name=_("mall"))
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="queues", verbose_name=_("agency"))
    zone = models.ForeignKey(Zone, models.PROTECT, related_name="queues", verbose_name=_("zone"))
    schedule = models.ForeignKey(Schedule, models.PROTECT, related_name="queues", verbose_name=_("opening hours"))
    name = models.CharField(_("name"), max_length=80)
    prefix = models.CharField(_("prefix"), max_length=2, validators=[PREFIX])
    daily_limit = models.PositiveIntegerField(  # over all channels
        _("numbers of one day at most"), null=True, blank=True
    )
    grace = models.DurationField(default=timedelta(minutes=15))  # in which a missed number may return
    expected_wait = models.DurationField(null=True, blank=True)  # written by forecasting
    services = models.ManyToManyField(PublicService, through="QueueService", related_name="queues")

    class Meta:
        verbose_name = _("queue")
        constraints = [
            models.UniqueConstraint(
                fields=["mall", "prefix"],
                name="queue_prefix_once_per_mall",
                violation_error_message=_("Another queue of this mall has this prefix."),
            ),
            models.CheckConstraint(condition=Q(prefix__regex=r"^[A-Z]{1,2}$"), name="queue_prefix_is_letters"),
        ]

    def __str__(self) -> str:
        return self.name


class QueueService(models.Model):
    """Which queue takes a public service: exactly one."""

    queue = models.ForeignKey(Queue, models.CASCADE)
    service = models.OneToOneField(PublicService, models.CASCADE)


class QueueDay(models.Model):
    """One queue on one date: the single pool of numbers over all channels.

    The hours are copied from the schedule when the day is made, so that issuing looks at one row only.
    `last_number` is gapless; `number_limit` is the honest bound that forecasting may lower.
    """

    queue = models.ForeignKey(Queue, models.PROTECT, related_name="days")
    date = models.DateField()
    opens_at = models.DateTimeField()
    closes_at = models.DateTimeField()
    numbers_from = models.DateTimeField()
    numbers_until = models.DateTimeField()
    number_limit = models.PositiveIntegerField(null=True, blank=True)
    last_number = models.PositiveIntegerField(default=0, db_default=0)
    last_issued_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["queue", "date"], name="queue_day_once"),
            models.CheckConstraint(
                condition=Q(number_limit__isnull=True) | Q(last_number__lte=F("number_limit")),
                name="queue_day_never_over_its_limit",
            ),
        ]


class Turn(models.Model):
    """Whether the last call of a queue day went to a priority visitor.

    A row of its own, locked by every call of that day: the ratio holds across counters, and issuing,
    which locks the day, is not held up by calls.
    """

    day = models.OneToOneField(QueueDay, models.CASCADE, primary_key=True)
    last_was_priority = models.BooleanField(default=False, db_default=False)


class WorkProfile(Record):
    """Which queues a counter serves."""

    mall = models.ForeignKey(Mall, models.CASCADE, related_name="work_profiles")
    name = models.CharField(_("name"), max_length=80)
    queues = models.ManyToManyField(Queue, through="WorkProfileQueue", related_name="work_profiles")

    class Meta:
        verbose_name = _("work profile")
        constraints = [models.UniqueConstraint(fields=["mall", "name"], name="work_profile_name_once_per_mall")]

    def __str__(self) -> str:
        return self.name


class WorkProfileQueue(models.Model):
    """A queue of a work profile; `preference` is the minutes by which its visitors come earlier here."""

    profile = models.ForeignKey(WorkProfile, models.CASCADE)
    queue = models.ForeignKey(Queue, models.CASCADE)
    preference = models.SmallIntegerField(default=0, db_default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["profile", "queue"], name="queue_once_per_work_profile")]


class CounterState(models.TextChoices):
    """What a counter is doing now."""

    CLOSED = "closed", pgettext_lazy("counter", "closed")
    OPEN = "open", pgettext_lazy("counter", "open")
    PAUSED = "paused", pgettext_lazy("counter", "paused")


class CounterStatus(models.Model):
    """A counter today: who sits there, which queues it serves, and whether it takes visitors."""

    counter = models.OneToOneField(Counter, models.CASCADE, primary_key=True, related_name="status")
    profile = models.ForeignKey(WorkProfile, models.PROTECT)
    state = models.CharField(max_length=8, choices=CounterState, default=CounterState.CLOSED)
    officer = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    reason = models.CharField(max_length=80, blank=True)
    since = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "counter statuses"
        constraints = [
            models.UniqueConstraint(fields=["officer"], name="officer_at_one_counter"),
            models.CheckConstraint(
                condition=Q(state=CounterState.CLOSED, officer__isnull=True)
                | (~Q(state=CounterState.CLOSED) & Q(officer__isnull=False)),
                name="open_counter_has_its_officer",
            ),
        ]


class Visit(models.Model):
    """One person's day at the mall. It owns a ticket for each agency, and at most one of them is active."""

    code = models.CharField(max_length=24, unique=True)
    mall = models.ForeignKey(Mall, models.PROTECT, related_name="visits", db_index=False)
    date = models.DateField()
    caller = models.CharField(max_length=80, blank=True)  # who took it from afar: a keyed hash
    created_at = models.DateTimeField()
    present_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    active_ticket = models.OneToOneField("Ticket", models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["caller", "date"], condition=~Q(caller=""), name="visit_of_caller")]

    def __str__(self) -> str:
        return self.code


class Ticket(models.Model):
    """A number in one queue (*nomor antrean*).

    `due_at` is the moment from which it counts as waiting and the only order of its queue; a call, a missed
    call and a transfer leave it as it is. `before` keeps what the last act overwrote, for undo.
    """

    code = models.CharField(max_length=24, unique=True)
    visit = models.ForeignKey(Visit, models.PROTECT, related_name="tickets")
    day = models.ForeignKey(QueueDay, models.PROTECT, related_name="tickets", db_index=False)
    service = models.ForeignKey(PublicService, models.PROTECT, related_name="+", db_index=False)
    number = models.PositiveIntegerField()
    label = models.CharField(max_length=12)
    channel = models.CharField(max_length=8, choices=[(channel, channel) for channel in Channel])
    state = models.CharField(max_length=12, choices=[*STATE_NAMES.items()])
    priority = models.BooleanField(default=False)
    priority_reason = EncryptedTextField(blank=True, default="")
    caller = models.CharField(max_length=80, blank=True, default="", db_default="")  # who took it from afar
    issued_at = models.DateTimeField()
    due_at = models.DateTimeField()
    called_at = models.DateTimeField(null=True)
    last_called_at = models.DateTimeField(null=True)
    calls = models.PositiveSmallIntegerField(default=0, db_default=0)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    returned_at = models.DateTimeField(null=True)
    ended_by_clock = models.BooleanField(default=False, db_default=False)
    counter = models.ForeignKey(Counter, models.PROTECT, null=True, related_name="+", db_index=False)
    officer = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    predecessor = models.ForeignKey("self", models.PROTECT, null=True, related_name="successors", db_index=False)
    last_act = models.CharField(max_length=12, blank=True, default="", db_default="")
    last_act_at = models.DateTimeField(null=True)
    last_act_by = models.CharField(max_length=32, blank=True, default="", db_default="")
    before = models.JSONField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(  # a successor keeps its number, which may exist in the target queue too
                fields=["day", "number", "predecessor"], nulls_distinct=False, name="ticket_number_once_per_day"
            ),
            models.UniqueConstraint(
                fields=["visit"], condition=Q(state__in=rules.ACTIVE), name="ticket_visit_in_one_place"
            ),
            models.UniqueConstraint(
                fields=["counter"], condition=Q(state__in=rules.ACTIVE), name="ticket_counter_serves_one"
            ),
            models.UniqueConstraint(
                fields=["day", "visit"], condition=Q(state__in=rules.OPEN), name="ticket_visit_once_per_queue"
            ),
            models.UniqueConstraint(  # a transfer that was undone leaves a cancelled successor behind
                fields=["predecessor"], condition=~Q(state=State.CANCELLED), name="ticket_one_successor"
            ),
        ]
        indexes = [
            models.Index(fields=["day", "priority", "due_at"], condition=Q(state=State.WAITING), name="ticket_next"),
            models.Index(fields=["day", "due_at"], condition=Q(state__in=rules.IN_LINE), name="ticket_ahead"),
            models.Index(fields=["caller"], condition=Q(state=State.REMOTE), name="ticket_from_afar"),
            models.Index(fields=["day", "last_called_at"], condition=Q(calls__gt=0), name="ticket_recent_calls"),
            models.Index(
                fields=["counter", "last_act_at"], condition=Q(counter__isnull=False), name="ticket_at_counter"
            ),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def queue(self) -> Queue:
        return self.day.queue

    @property
    def state_name(self) -> str:
        return str(STATE_NAMES[State(self.state)])

    @property
    def returns_until(self) -> datetime | None:
        """Until when a missed number may come back to its old place; None when it may not."""
        if self.state != State.NO_SHOW or self.returned_at or not self.last_called_at or self.ended_by_clock:
            return None
        return self.last_called_at + self.queue.grace

    def may(self, act: Act) -> bool:
        return rules.may_follow(act, State(self.state))


class IssueKey(models.Model):
    """A caller's one-time key of a request that creates a ticket; the second request finds the first's ticket."""

    caller = models.CharField(max_length=80)
    key = models.CharField(max_length=255)
    body_hash = models.CharField(max_length=64)
    ticket_code = models.CharField(max_length=24)
    claimed_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["caller", "key"], name="issue_key_once")]


class Allowance(models.Model):
    """How many numbers from afar a caller holds at a mall on a date and has not yet come for."""

    mall = models.ForeignKey(Mall, models.CASCADE, related_name="+", db_index=False)
    date = models.DateField()
    caller = models.CharField(max_length=80)
    held = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["mall", "date", "caller"], name="allowance_once")]
