"""The mall itself; everything else of a mall refers to it."""

from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from pendapa.base.records.models import Record
from pendapa.directory.malls import rules
from pendapa.directory.malls.models.regions import Region, RegionLevel

PHONE = RegexValidator(r"^\+?[0-9][0-9 ()-]{4,22}\Z", _("A phone number has digits, spaces and dashes only."))


def not_reserved(code: str) -> None:
    """Refuse a short name that is an address of the program itself, since the mall's page would never be reached."""
    if code in rules.RESERVED_CODES:
        raise ValidationError(
            _("“%(code)s” is an address of the program; please choose another short name.") % {"code": code}
        )


class Mall(Record):
    """A public service mall (*Mal Pelayanan Publik*): one building that receives the public of a region."""

    code = models.SlugField(_("short name in addresses"), max_length=32, unique=True, validators=[not_reserved])
    name = models.CharField(_("name"), max_length=120)
    region = models.ForeignKey(
        Region,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="malls",
        verbose_name=_("regency or city"),
        limit_choices_to={"level__in": [RegionLevel.REGENCY, RegionLevel.CITY, RegionLevel.PROVINCE]},
    )
    address = models.CharField(_("address"), max_length=240, blank=True)
    phone = models.CharField(_("phone"), max_length=24, blank=True, validators=[PHONE])
    email = models.EmailField(_("e-mail"), blank=True)
    website = models.URLField(_("website"), blank=True)
    time_zone = models.CharField(
        _("time zone"), max_length=32, choices=[*rules.TIME_ZONES.items()], default="Asia/Jakarta"
    )

    class Meta:
        verbose_name = _("mall")

    def __str__(self) -> str:
        return self.name

    @property
    def zone_info(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)
