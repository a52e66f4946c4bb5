"""Regions: looking one up by name or code, and naming one on a form."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.renderers import BaseRenderer
from django.http import HttpResponse
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from pendapa.directory.accounts import queries as accounts
from pendapa.directory.malls import queries
from pendapa.directory.malls.models import Region, RegionLevel
from pendapa.web.office import sections
from pendapa.web.office.access import OfficeRequest, signed_in
from pendapa.web.pages import answer

SHOWN = 50  # regions of one search
_SHORTEST = 2  # letters or digits worth a search
_LONGEST = 100  # of what is typed to name a region


class RegionInput(forms.TextInput):
    """A text field that offers regions as one types; without scripts and on paper it is a text field."""

    def __init__(self, levels: Sequence[str]) -> None:
        super().__init__(attrs={"autocomplete": "off", "spellcheck": "false", "maxlength": _LONGEST})
        self.levels = list(levels)

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: BaseRenderer | None = None
    ) -> SafeString:
        """The field with its list of suggestions."""
        offered = f"{name}-regions"
        field = super().render(name, value, {**(attrs or {}), "list": offered}, renderer)
        rows = Region.objects.filter(level__in=self.levels).order_by("name").values_list("name", "code")
        options = format_html_join("", '<option value="{} ({})"></option>', rows)
        return mark_safe(f'{field}<datalist id="{offered}">{options}</datalist>')  # noqa: S308 - escaped above


class RegionField(forms.CharField):
    """A region by its name, its code, or both: "Kabupaten Magetan (35.20)"."""

    def __init__(self, *, levels: Sequence[str] = tuple(RegionLevel), **options: Any) -> None:
        super().__init__(widget=RegionInput(levels), **options)
        self.levels = list(levels)

    def prepare_value(self, value: Any) -> Any:
        """What stands in the field: the name with the code behind it."""
        if value in (None, ""):
            return ""
        if isinstance(value, Region):
            return f"{value.name} ({value.code})"
        region = Region.objects.filter(pk=value).first()
        return f"{region.name} ({region.code})" if region else value

    def to_python(self, value: Any) -> Any:
        """The region that is meant."""
        text = str(super().to_python(value) or "")[:_LONGEST]
        return region_meant(text, self.levels) if text else None

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether another region is meant."""
        return bool(self.prepare_value(initial) != (data or ""))


def region_meant(text: str, levels: Sequence[str]) -> Region:
    """The one region that somebody means by a name, a code, or a name with its code in brackets.

    Raises `ValidationError` where there is none, or more than one.
    """
    name, bracket, code = text.rpartition("(")
    wanted = code.rstrip(") ") if bracket else text.strip()
    rows = Region.objects.filter(level__in=levels)
    if wanted.replace(".", "").isdigit():
        found = queries.region_of(wanted)
        if found and found.region and found.region.level in levels:
            return found.region
    exact = list(rows.filter(name__iexact=(name if bracket else text).strip())[:2])
    near = exact or list(queries.regions_like(text, levels=list(levels))[:2])
    if len(near) == 1:
        return near[0]
    if near:
        raise ValidationError(
            _("“%(text)s” may be %(one)s or %(other)s. Please write out which, or its code.")
            % {"text": text, "one": near[0].name, "other": near[1].name}
        )
    raise ValidationError(_("There is no region “%(text)s”. Try fewer letters, or its code.") % {"text": text})


def region_words(region: Region | None) -> str:
    """A region with those it lies in: "Kabupaten Magetan, Jawa Timur"."""
    names = []
    while region is not None:
        names.append(region.name)
        region = region.parent
    return ", ".join(names) or "\N{EN DASH}"


class Search(forms.Form):
    """What to look for."""

    q = forms.CharField(
        label=gettext_lazy("Name or code"),
        help_text=gettext_lazy("The first six digits of an NIK are enough; please type no more of it."),
        max_length=40,
    )
    level = forms.ChoiceField(
        label=gettext_lazy("Level"), choices=[("all", gettext_lazy("all levels")), *RegionLevel.choices]
    )


@require_safe
@signed_in
def look_up(request: OfficeRequest) -> HttpResponse:
    """Regions of Indonesia by name or code, former codes included."""
    request.place, request.standing = None, accounts.standing_at(request.user, None)
    asked = {"q": request.GET.get("q", ""), "level": request.GET.get("level", "all")}
    form = Search(asked if asked["q"] else None)
    search = form.cleaned_data["q"] if form.is_valid() else ""
    level = asked["level"] if asked["level"] in RegionLevel else ""
    page: dict[str, Any] = {
        **sections.frame(request, "", (_("Office"), reverse("office"))),
        "form": form,
        "search": search,
        "regions": [],
    }
    digits = "".join(sign for sign in search if sign.isascii() and sign.isdigit())
    if digits and not any(sign.isalpha() for sign in search):
        found = queries.region_of(digits)
        page["found"] = found
        page["digits"] = ".".join(digits[start : start + 2] for start in range(0, min(len(digits), 6), 2))
        page["words"] = region_words(found.region) if found and found.region else ""
    if len(search) >= _SHORTEST and len(digits) <= len("350101"):
        rows = queries.regions_like(search, levels=[level] if level else None)
        listed = list(rows[: SHOWN + 1])
        page["regions"] = [
            {"region": one, "within": region_words(one.parent) if one.parent else ""} for one in listed[:SHOWN]
        ]
        page["has_more"] = len(listed) > SHOWN
    return answer(request, "office/regions.html", "found", page)
