"""Zones, facilities and counters of a mall, and the agencies that stand in it."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Func, IntegerField, Q, TimeField, Value
from django.db.models.functions import Cast, Coalesce, Extract, Greatest, Least
from django.utils.translation import gettext_lazy as _

from pendapa.base.records.models import Record
from pendapa.directory.malls.models.hours import Schedule
from pendapa.directory.malls.models.malls import Mall
from pendapa.directory.malls.models.regions import Region

PREFIX = RegexValidator(r"^[A-Z]{1,2}\Z", _("A prefix is one or two capital letters."))


class Zone(Record):
    """A part of the hall with its own waiting area and board."""

    mall = models.ForeignKey(Mall, models.PROTECT, related_name="zones", verbose_name=_("mall"))
    code = models.SlugField(_("short name"), max_length=32)
    name = models.CharField(_("name"), max_length=80)
    floor = models.CharField(_("floor"), max_length=40, blank=True)
    waiting_area = models.CharField(_("waiting area"), max_length=120, blank=True)
    seats = models.PositiveSmallIntegerField(_("seats"), null=True, blank=True)
    capacity = models.PositiveSmallIntegerField(_("people it may hold"), null=True, blank=True)

    class Meta:
        verbose_name = _("zone")
        constraints = [
            models.UniqueConstraint(fields=["mall", "code"], name="zone_code_once_per_mall"),
            models.CheckConstraint(
                condition=Q(seats=None) | Q(capacity=None) | Q(seats__lte=F("capacity")),
                name="zone_seats_within_capacity",
                violation_error_message=_("There are more seats than the zone may hold people."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class FacilityKind(models.TextChoices):
    """What a mall offers beside its counters (regulations reference 1.6)."""

    NURSING_ROOM = "nursing_room", _("nursing room")
    READING_CORNER = "reading_corner", _("reading corner")
    PLAYROOM = "playroom", _("children's corner")
    ACCESSIBLE_TOILET = "accessible_toilet", _("accessible toilet")
    RAMP = "ramp", _("ramp")
    GUIDING_BLOCKS = "guiding_blocks", _("guiding blocks")
    WHEELCHAIR = "wheelchair", _("wheelchairs to borrow")
    ACCESSIBLE_PARKING = "accessible_parking", _("accessible parking")
    PRIORITY_COUNTER = "priority_counter", _("priority counter")
    PRAYER_ROOM = "prayer_room", _("prayer room")
    COMPLAINT_ROOM = "complaint_room", _("complaint room")
    INFORMATION_DESK = "information_desk", _("information desk")
    REGISTRY_MACHINE = "registry_machine", _("self-service registry machine (ADM)")
    TICKET_MACHINE = "ticket_machine", _("ticket machine")
    CALL_SCREEN = "call_screen", _("call screen")
    SURVEY_MACHINE = "survey_machine", _("survey machine")
    WIFI = "wifi", _("free Wi-Fi")
    CCTV = "cctv", _("CCTV")
    FIRST_AID = "first_aid", _("first aid")
    FIRE_EXTINGUISHER = "fire_extinguisher", _("fire extinguishers")
    ASSEMBLY_POINT = "assembly_point", _("assembly point")
    LIFT = "lift", _("lift")
    DRINKING_WATER = "drinking_water", _("drinking water")
    OTHER = "other", _("other")


class Facility(Record):
    """Something that a mall has for its visitors, where, and how many."""

    mall = models.ForeignKey(Mall, models.PROTECT, related_name="facilities", verbose_name=_("mall"))
    kind = models.CharField(_("kind"), max_length=24, choices=FacilityKind)
    zone = models.ForeignKey(
        Zone, models.PROTECT, null=True, blank=True, related_name="facilities", verbose_name=_("zone")
    )
    count = models.PositiveSmallIntegerField(_("how many"), default=1, validators=[MinValueValidator(1)])
    note = models.CharField(_("note"), max_length=160, blank=True)

    class Meta:
        verbose_name = _("facility")
        constraints = [
            models.UniqueConstraint(
                fields=["mall", "kind", "zone"],
                condition=~Q(kind="other"),
                nulls_distinct=False,
                name="facility_once_per_zone",
                violation_error_message=_("This facility is listed for this zone already."),
            )
        ]

    def __str__(self) -> str:
        return str(FacilityKind(self.kind).label)


class Level(models.TextChoices):
    """Whose agency it is; the mall receives all of them under one roof (Perpres 89/2021 Art. 1)."""

    REGENCY = "regency", _("regency or city")
    PROVINCE = "province", _("province")
    CENTRE = "centre", _("central government")
    STATE_FIRM = "state_firm", _("state or regional firm")
    PRIVATE = "private", _("private body")
    OTHER_REGENCY = "other_regency", _("another regency or city")  # Art. 3(2): across borders


class Agency(Record):
    """An organisation that serves the public (*instansi*); it may stand in several malls."""

    name = models.CharField(_("name"), max_length=160)
    short_name = models.CharField(_("short name"), max_length=40)
    level = models.CharField(_("level"), max_length=16, choices=Level)
    region = models.ForeignKey(
        Region, models.PROTECT, null=True, blank=True, related_name="agencies", verbose_name=_("region")
    )
    website = models.URLField(_("website"), blank=True)

    class Meta:
        verbose_name = _("agency")
        verbose_name_plural = "agencies"

    def __str__(self) -> str:
        return self.short_name


class Tenancy(Record):
    """One agency's stand (*gerai*) in one mall, and the agreement (PKS) behind it.

    A stand is not a counter and not a service.
    """

    mall = models.ForeignKey(Mall, models.PROTECT, related_name="tenancies", verbose_name=_("mall"))
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="tenancies", verbose_name=_("agency"))
    stand = models.CharField(_("name of the stand"), max_length=80, blank=True)
    zone = models.ForeignKey(
        Zone, models.PROTECT, null=True, blank=True, related_name="tenancies", verbose_name=_("zone")
    )
    schedule = models.ForeignKey(
        Schedule, models.PROTECT, null=True, blank=True, related_name="tenancies", verbose_name=_("opening hours")
    )
    agreement_number = models.CharField(_("number of the agreement"), max_length=80, blank=True)
    agreement_date = models.DateField(_("date of the agreement"), null=True, blank=True)
    starts_on = models.DateField(_("from"), null=True, blank=True)
    ends_on = models.DateField(_("until"), null=True, blank=True)

    class Meta:
        verbose_name = _("stand")
        verbose_name_plural = "tenancies"
        constraints = [
            models.UniqueConstraint(
                fields=["mall", "agency"],
                name="agency_once_per_mall",
                violation_error_message=_("This agency has a stand in this mall already."),
            ),
            models.CheckConstraint(
                condition=Q(starts_on=None) | Q(ends_on=None) | Q(starts_on__lte=F("ends_on")),
                name="tenancy_starts_before_it_ends",
                violation_error_message=_("The agreement ends before it begins."),
            ),
        ]

    def __str__(self) -> str:
        return self.stand or self.agency.short_name


class Obligation(models.Model):
    """What one side of an agreement owes the other: staff, equipment, cleaning, reports."""

    class Party(models.TextChoices):
        """Who owes it."""

        MALL = "mall", _("the mall")
        AGENCY = "agency", _("the agency")

    tenancy = models.ForeignKey(Tenancy, models.CASCADE, related_name="obligations")
    party = models.CharField(_("who"), max_length=8, choices=Party)
    text = models.CharField(_("what"), max_length=240)
    due_on = models.DateField(_("until"), null=True, blank=True)
    met_on = models.DateField(_("done on"), null=True, blank=True)

    class Meta:
        verbose_name = _("obligation")

    def __str__(self) -> str:
        return self.text


class CounterKind(models.TextChoices):
    """What a counter is for."""

    SERVICE = "service", _("service counter")
    FAST_TRACK = "fast_track", _("fast track")
    PICK_UP = "pick_up", _("pick-up counter")
    PRIORITY = "priority", _("priority counter")
    PAYMENT = "payment", _("payment counter")
    INFORMATION = "information", _("information counter")
    SELF_SERVICE = "self_service", _("self-service")


class Counter(Record):
    """A place with an officer (*loket*), the server of queueing theory. Its number is unique in the mall.

    `agency` is whose it is on the days that no `CounterShare` gives to another.
    """

    mall = models.ForeignKey(Mall, models.PROTECT, related_name="counters", verbose_name=_("mall"))
    number = models.PositiveSmallIntegerField(_("number"), validators=[MinValueValidator(1), MaxValueValidator(999)])
    zone = models.ForeignKey(Zone, models.PROTECT, related_name="counters", verbose_name=_("zone"))
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="counters", verbose_name=_("agency"))
    kind = models.CharField(_("kind"), max_length=16, choices=CounterKind, default=CounterKind.SERVICE)
    is_wheelchair_ready = models.BooleanField(_("can be reached in a wheelchair"), default=False)

    class Meta:
        verbose_name = _("counter")
        constraints = [
            models.UniqueConstraint(
                fields=["mall", "number"],
                name="counter_number_once_per_mall",
                violation_error_message=_("Another counter of this mall has this number."),
            ),
            models.CheckConstraint(condition=Q(number__gte=1), name="counter_number_from_one"),
        ]

    def __str__(self) -> str:
        return str(self.number)


def _whole(name: str) -> Func:
    """A range that holds just one row's number: the wheel has no btree_gist, so equality is an overlap."""
    return Func(F(name), F(name), Value("[]"), function="int8range")


def _second(name: str, otherwise: int) -> Coalesce:
    """A time as the second of its day."""
    return Coalesce(Cast(Extract(Cast(name, TimeField()), "epoch"), IntegerField()), Value(otherwise))


class CounterShare(models.Model):
    """Another agency has the counter on one weekday (Monday is 0): Tuesday tax, Wednesday immigration.

    Without times it is the whole day.
    """

    counter = models.ForeignKey(Counter, models.CASCADE, related_name="shares")
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="counter_shares", verbose_name=_("agency"))
    weekday = models.PositiveSmallIntegerField(_("weekday"), validators=[MaxValueValidator(6)])
    starts = models.TimeField(_("from"), null=True, blank=True)
    ends = models.TimeField(_("until"), null=True, blank=True)

    class Meta:
        verbose_name = _("shared day")
        constraints = [
            models.CheckConstraint(
                condition=Q(starts=None, ends=None) | Q(starts__lt=F("ends")),
                name="share_starts_before_it_ends",
                violation_error_message=_("The share ends before it begins."),
            ),
            models.UniqueConstraint(
                fields=["counter", "weekday", "starts"], nulls_distinct=False, name="share_starts_once"
            ),
            ExclusionConstraint(
                name="shares_of_a_day_do_not_overlap",
                expressions=[
                    (_whole("counter"), "&&"),
                    (_whole("weekday"), "&&"),
                    (
                        # In their order, whatever they are: the check above refuses the wrong one by its own words.
                        Func(
                            Least(_second("starts", 0), _second("ends", 86400)),
                            Greatest(_second("starts", 0), _second("ends", 86400)),
                            Value("[)"),
                            function="int4range",
                        ),
                        "&&",
                    ),
                ],
                violation_error_message=_("Two agencies would have the counter at the same time."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.counter}: {self.agency}"
