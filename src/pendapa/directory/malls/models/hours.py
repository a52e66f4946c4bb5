"""When a mall is open: named schedules, seasons, special days, and the calendar of public holidays."""

from typing import Any

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Cast, Coalesce, Extract
from django.utils.translation import gettext_lazy as _

from pendapa.base.records.models import Record
from pendapa.directory.malls.models.malls import Mall
from pendapa.directory.malls.models.regions import Region


class DayKind(models.TextChoices):
    """Why a date is no ordinary working day (regulations reference 9.3); each needs its own legal basis."""

    NATIONAL = "national", _("national holiday")
    JOINT_LEAVE = "joint_leave", _("joint leave")
    REGIONAL = "regional", _("regional holiday")
    LOCAL_CLOSURE = "local_closure", _("local closure")
    ELECTION = "election", _("election day")


def every_kind() -> list[str]:
    """A new schedule closes on all of them; joint leave does not close every mall, so it can be taken out."""
    return list(DayKind.values)


class Schedule(Record):
    """Opening hours with a name, which queues and agencies follow.

    `numbers_before` and `last_number_before` are minutes; see `rules.hours_on`. `closed_on` lists the kinds of
    confirmed calendar days on which it is closed. A schedule with an agency is that agency's own to change.
    """

    mall = models.ForeignKey(Mall, models.PROTECT, related_name="schedules", verbose_name=_("mall"))
    agency = models.ForeignKey(
        "malls.Agency", models.PROTECT, null=True, blank=True, related_name="schedules", verbose_name=_("agency")
    )
    name = models.CharField(_("name"), max_length=80)
    numbers_before = models.PositiveSmallIntegerField(
        _("numbers are given from, minutes before opening"), default=30, validators=[MaxValueValidator(720)]
    )
    last_number_before = models.PositiveSmallIntegerField(
        _("last number, minutes before closing"), default=15, validators=[MaxValueValidator(720)]
    )
    closed_on = ArrayField(
        models.CharField(max_length=16, choices=DayKind), verbose_name=_("closed on"), default=every_kind, blank=True
    )

    class Meta:
        verbose_name = _("schedule")
        constraints = [models.UniqueConstraint(fields=["mall", "name"], name="schedule_name_once_per_mall")]

    def __str__(self) -> str:
        return self.name


class Season(Record):
    """A stretch of dates with hours of its own, such as Ramadan, entered each year after the *sidang isbat*."""

    mall = models.ForeignKey(Mall, models.PROTECT, related_name="seasons", verbose_name=_("mall"))
    name = models.CharField(_("name"), max_length=80)
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("last day"))

    class Meta:
        verbose_name = _("season")
        constraints = [
            models.CheckConstraint(
                condition=Q(starts_on__lte=F("ends_on")),
                name="season_starts_before_it_ends",
                violation_error_message=_("The first day lies after the last day."),
            ),
            ExclusionConstraint(
                name="seasons_of_a_mall_do_not_overlap",
                expressions=[
                    (models.Func(F("mall"), F("mall"), models.Value("[]"), function="int8range"), "&&"),
                    (models.Func(F("starts_on"), F("ends_on"), models.Value("[]"), function="daterange"), "&&"),
                ],
                violation_error_message=_("Another season lies within these dates."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


def _seconds(*, of_week: bool) -> models.Func:
    """A period as a range of seconds, after Monday's or its own midnight, to find those that overlap."""
    day: models.expressions.Combinable = F("weekday") * 86400 if of_week else models.Value(0)
    next_day = models.Case(models.When(over_midnight=True, then=models.Value(86400)), default=models.Value(0))

    def second(moment: str, *more: models.expressions.Combinable) -> Cast:
        whole: Any = Cast(Extract(moment, "epoch"), models.IntegerField()) + day
        for one in more:
            whole += one
        return Cast(whole, models.IntegerField())

    return models.Func(second("opens"), second("closes", next_day), models.Value("[)"), function="int4range")


class _Period(models.Model):
    """One stretch of opening, in the mall's own time. Past midnight only where `over_midnight` says so."""

    opens = models.TimeField(_("opens"))
    closes = models.TimeField(_("closes"))
    over_midnight = models.BooleanField(_("closes on the next day"), default=False, db_default=False)

    class Meta:
        abstract = True


class OpeningPeriod(_Period):
    """A stretch of one weekday (Monday is 0), of the usual week or of a season's week."""

    schedule = models.ForeignKey(Schedule, models.CASCADE, related_name="periods")
    season = models.ForeignKey(Season, models.CASCADE, null=True, blank=True, related_name="periods")
    weekday = models.PositiveSmallIntegerField(validators=[MaxValueValidator(6)])

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(over_midnight=True, opens__gte=F("closes")) | Q(over_midnight=False, opens__lt=F("closes")),
                name="period_opens_before_it_closes",
            ),
            models.CheckConstraint(condition=Q(weekday__lte=6), name="period_weekday_exists"),
            models.UniqueConstraint(
                fields=["schedule", "season", "weekday", "opens"], nulls_distinct=False, name="period_starts_once"
            ),
            ExclusionConstraint(
                name="periods_of_a_week_do_not_overlap",
                expressions=[
                    (models.Func(F("schedule"), F("schedule"), models.Value("[]"), function="int8range"), "&&"),
                    (
                        models.Func(
                            Coalesce(F("season"), models.Value(0)),
                            Coalesce(F("season"), models.Value(0)),
                            models.Value("[]"),
                            function="int8range",
                        ),
                        "&&",
                    ),
                    (_seconds(of_week=True), "&&"),
                ],
                violation_error_message=_("These hours overlap with others of the week."),
            ),
        ]


class SpecialDay(Record):
    """A date with hours of its own, or closed when it has none: for one schedule, or for all of a mall.

    It goes before calendar, season and week; one of the schedule itself goes before one of the mall.
    """

    mall = models.ForeignKey(Mall, models.PROTECT, related_name="special_days", verbose_name=_("mall"))
    schedule = models.ForeignKey(
        Schedule, models.CASCADE, null=True, blank=True, related_name="special_days", verbose_name=_("schedule")
    )
    date = models.DateField(_("date"))
    reason = models.CharField(_("reason"), max_length=120)

    class Meta:
        verbose_name = _("special day")
        constraints = [
            models.UniqueConstraint(
                fields=["mall", "schedule", "date"], nulls_distinct=False, name="special_day_once_per_schedule"
            )
        ]

    def __str__(self) -> str:
        return f"{self.date:%Y-%m-%d} {self.reason}"


class SpecialPeriod(_Period):
    """A stretch of opening on a special day."""

    day = models.ForeignKey(SpecialDay, models.CASCADE, related_name="periods")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(over_midnight=True, opens__gte=F("closes")) | Q(over_midnight=False, opens__lt=F("closes")),
                name="special_period_opens_before_it_closes",
            ),
            models.UniqueConstraint(fields=["day", "opens"], name="special_period_starts_once"),
            ExclusionConstraint(
                name="periods_of_a_special_day_do_not_overlap",
                expressions=[
                    (models.Func(F("day"), F("day"), models.Value("[]"), function="int8range"), "&&"),
                    (_seconds(of_week=False), "&&"),
                ],
                violation_error_message=_("These hours overlap with others of the day."),
            ),
        ]


class CalendarDay(Record):
    """A day that may be no working day, with its reason and its decree.

    It is *proposed* by one person (typed, or imported from a file or a package) and counts only once a second
    person has compared it with the decree and confirmed it. Without a region, mall and agency it holds for the whole
    country. `proposed_by` and `confirmed_by` name people as the journal does.
    """

    kind = models.CharField(_("kind"), max_length=16, choices=DayKind)
    date = models.DateField(_("date"))
    name = models.CharField(_("name"), max_length=120)
    region = models.ForeignKey(
        Region, models.PROTECT, null=True, blank=True, related_name="calendar_days", verbose_name=_("region")
    )
    mall = models.ForeignKey(
        Mall, models.PROTECT, null=True, blank=True, related_name="calendar_days", verbose_name=_("mall")
    )
    agency = models.ForeignKey(
        "malls.Agency", models.PROTECT, null=True, blank=True, related_name="calendar_days", verbose_name=_("agency")
    )
    legal_basis = models.CharField(_("decree"), max_length=160, blank=True)
    source = models.CharField(_("source"), max_length=80, blank=True)
    proposed_by = models.CharField(max_length=32, editable=False)
    proposed_at = models.DateTimeField(editable=False)
    confirmed_by = models.CharField(max_length=32, blank=True, default="", editable=False)
    confirmed_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("calendar day")
        constraints = [
            models.UniqueConstraint(
                fields=["date", "kind", "region", "mall", "agency"], nulls_distinct=False, name="calendar_day_once"
            ),
            models.CheckConstraint(
                condition=Q(confirmed_at=None, confirmed_by="")
                | (
                    Q(confirmed_at__isnull=False)
                    & ~Q(confirmed_by="")
                    & ~Q(confirmed_by=F("proposed_by"))
                    & ~Q(legal_basis="")
                ),
                name="calendar_day_confirmed_by_a_second_person",
            ),
        ]
        indexes = [models.Index(fields=["date"], name="calendar_by_date")]

    def __str__(self) -> str:
        return f"{self.date:%Y-%m-%d} {self.name}"

    @property
    def is_confirmed(self) -> bool:
        return self.confirmed_at is not None
