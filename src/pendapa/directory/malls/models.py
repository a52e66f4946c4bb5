"""Where service happens: malls, their zones, agencies and their stands, counters, and named opening hours."""

from zoneinfo import ZoneInfo

from django.core.validators import MaxValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from pendapa.directory.malls import rules


class Mall(models.Model):
    """A public service mall (*Mal Pelayanan Publik*): one building that receives the public of a region."""

    code = models.SlugField(max_length=32, unique=True)
    name = models.CharField(max_length=120)
    address = models.CharField(max_length=240, blank=True)
    time_zone = models.CharField(max_length=32, choices=[*rules.TIME_ZONES.items()], default="Asia/Jakarta")

    def __str__(self) -> str:
        return self.name

    @property
    def zone_info(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


class Zone(models.Model):
    """A part of the hall with its own waiting area and board."""

    mall = models.ForeignKey(Mall, models.PROTECT, related_name="zones")
    code = models.SlugField(max_length=32)
    name = models.CharField(max_length=80)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["mall", "code"], name="zone_code_once_per_mall")]

    def __str__(self) -> str:
        return self.name


class Level(models.TextChoices):
    """Whose agency it is; the mall receives all of them under one roof (Perpres 89/2021 Art. 1)."""

    REGENCY = "regency", _("regency or city")
    PROVINCE = "province", _("province")
    CENTRE = "centre", _("central government")
    STATE_FIRM = "state_firm", _("state or regional firm")
    PRIVATE = "private", _("private body")


class Agency(models.Model):
    """An organisation that serves the public (*instansi*); it may stand in several malls."""

    name = models.CharField(max_length=160)
    short_name = models.CharField(max_length=40)
    level = models.CharField(max_length=16, choices=Level)

    class Meta:
        verbose_name_plural = "agencies"

    def __str__(self) -> str:
        return self.short_name


class Tenancy(models.Model):
    """One agency's stand (*gerai*) in one mall. A stand is not a counter and not a service."""

    mall = models.ForeignKey(Mall, models.PROTECT, related_name="tenancies")
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="tenancies")

    class Meta:
        verbose_name_plural = "tenancies"
        constraints = [models.UniqueConstraint(fields=["mall", "agency"], name="agency_once_per_mall")]


class Schedule(models.Model):
    """Opening hours with a name, which queues and agencies follow.

    `numbers_before` and `last_number_before` are minutes; see `rules.hours_on`.
    """

    mall = models.ForeignKey(Mall, models.PROTECT, related_name="schedules")
    name = models.CharField(max_length=80)
    numbers_before = models.PositiveSmallIntegerField(default=30)
    last_number_before = models.PositiveSmallIntegerField(default=15)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["mall", "name"], name="schedule_name_once_per_mall")]

    def __str__(self) -> str:
        return self.name


class OpeningPeriod(models.Model):
    """One stretch of opening on one weekday (Monday is 0), in the mall's own time."""

    schedule = models.ForeignKey(Schedule, models.CASCADE, related_name="periods")
    weekday = models.PositiveSmallIntegerField(validators=[MaxValueValidator(6)])
    opens = models.TimeField()
    closes = models.TimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(opens__lt=F("closes")), name="period_opens_before_it_closes"),
            models.CheckConstraint(condition=Q(weekday__lte=6), name="period_weekday_exists"),
            models.UniqueConstraint(fields=["schedule", "weekday", "opens"], name="period_starts_once"),
        ]


class Counter(models.Model):
    """A place with an officer (*loket*), the server of queueing theory. Its number is unique in the mall."""

    mall = models.ForeignKey(Mall, models.PROTECT, related_name="counters")
    number = models.PositiveSmallIntegerField()
    zone = models.ForeignKey(Zone, models.PROTECT, related_name="counters")
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="counters")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["mall", "number"], name="counter_number_once_per_mall"),
            models.CheckConstraint(condition=Q(number__gte=1), name="counter_number_from_one"),
        ]

    def __str__(self) -> str:
        return str(self.number)


PREFIX = RegexValidator(r"^[A-Z]{1,2}\Z", _("A prefix is one or two capital letters."))
