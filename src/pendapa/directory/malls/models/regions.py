"""Provinces, regencies and cities, districts, by the codes of the Ministry of Home Affairs (*Kemendagri*)."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class RegionLevel(models.TextChoices):
    """How large a region is."""

    PROVINCE = "province", _("province")
    REGENCY = "regency", _("regency")
    CITY = "city", _("city")
    DISTRICT = "district", _("district")


class Region(models.Model):
    """A region of the state with its present code: "35", "35.20", "35.20.01".

    Loaded from the vendored data set (`actions.load_regions`), never edited by hand.
    """

    code = models.CharField(max_length=8, primary_key=True)
    name = models.CharField(max_length=80)
    level = models.CharField(max_length=8, choices=RegionLevel)
    parent = models.ForeignKey("self", models.PROTECT, null=True, related_name="children")

    class Meta:
        indexes = [models.Index(fields=["level", "name"], name="region_by_name")]

    def __str__(self) -> str:
        return self.name


class FormerRegion(models.Model):
    """A code that regions no longer carry, but identity numbers still do: a NIK keeps the code of first registration.

    `successor` is the region that holds the land now; None where several share it.
    """

    code = models.CharField(max_length=8, primary_key=True)
    name = models.CharField(max_length=80)
    successor = models.ForeignKey(Region, models.PROTECT, null=True, related_name="former")
    basis = models.CharField(max_length=120)  # the law that changed it

    def __str__(self) -> str:
        return self.name
