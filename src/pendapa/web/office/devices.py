"""The devices of a mall: how they stand, pairing new screens, and locking, moving or giving them up."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet, Value
from django.http import Http404, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from pendapa.base import clock, codes
from pendapa.base.errors import Refused
from pendapa.directory.accounts import actions
from pendapa.directory.accounts import queries as accounts
from pendapa.directory.accounts.actions.devices import GROUP, GROUPS
from pendapa.directory.accounts.models import Device, DeviceKind
from pendapa.directory.accounts.rules import SILENT_AFTER, Act, DeviceState, roles_that_may
from pendapa.directory.malls.models import Mall, Zone
from pendapa.web.office import device_words as words
from pendapa.web.office import editing, keeping, sections
from pendapa.web.office.access import OfficeRequest, for_office, signed_in
from pendapa.web.office.places import RecordForm, offer, zones_of
from pendapa.web.office.registers import Column, Filter, Register, Sent
from pendapa.web.pages import answer
from pendapa.web.ui import callers

WITH_SCREEN = [(kind.value, kind.label) for kind in DeviceKind if kind != DeviceKind.PRINTER]
TRIES, TRIES_FROM_ADDRESS, STRETCH = 20, 40, 600  # codes that one operator, and one address, may type in 10 minutes


# ---- The register ----


def _rows(request: OfficeRequest) -> QuerySet[Device]:
    """The devices of the mall, each with the moment of asking as `now`. Agency managers see them, too."""
    rows = Device.objects.filter(mall=request.mall).select_related("mall", "zone")
    return rows.annotate(now=Value(clock.real_now()))


class DeviceForm(RecordForm):
    """Name and place of a device; its kind is chosen once, and another mall only by who may arrange there, too."""

    class Meta:
        model = Device
        fields = ("name", "kind", "mall", "zone", "place")
        help_texts = {
            "name": gettext_lazy("Short, in small letters and without blanks, such as kiosk-3. Once in all malls."),
            "place": gettext_lazy("So that somebody finds it: “beside the main door”."),
            "mall": gettext_lazy("In another mall the device has no zone until you choose one there."),
        }

    def __init__(self, request: OfficeRequest, device: Device | None, fields: QueryDict | None) -> None:
        super().__init__(fields)
        if device is not None:
            self.initial = {name: getattr(device, f"{name}_id", getattr(device, name)) for name in self.fields}
            del self.fields["kind"]
        malls = _malls(request) if device is not None and request.standing.may(Act.ARRANGE) else Mall.objects.none()
        if malls.count() > 1:
            offer(self, "mall", malls)
        else:
            del self.fields["mall"]
        offer(self, "zone", zones_of(request.mall), _("in no zone"))


def _form(request: OfficeRequest, record: Device | None, fields: QueryDict | None) -> DeviceForm:
    return DeviceForm(request, record, fields)


def _save(request: OfficeRequest, record: Device | None, sent: Sent) -> Device:
    values = sent.form.cleaned_data
    if record is None:
        return actions.create_device(mall=request.mall, **values, by=request.user, at=sent.at)
    actions.change_device(device=record, values=values, version=sent.version, by=request.user, at=sent.at)
    return record


def _of_state(rows: QuerySet[Device], wanted: str) -> QuerySet[Device]:
    since = clock.real_now() - SILENT_AFTER
    active = rows.filter(is_active=True)
    return {
        DeviceState.ONLINE: active.filter(seen_at__gte=since),
        DeviceState.SILENT: active.filter(seen_at__lt=since),
        DeviceState.LOCKED: rows.filter(is_active=False),
        DeviceState.NEVER_SEEN: active.filter(seen_at=None),
    }[DeviceState(wanted)]


def _panels(request: OfficeRequest, device: Device) -> list[tuple[str, dict[str, Any]]]:
    return [("office/device_panel.html", _standing(request, device))]


def _standing(request: OfficeRequest, device: Device) -> dict[str, Any]:
    """How one device stands, and what may be done with it."""
    now = clock.real_now()
    state = words.state_of(device, now)
    return {
        "device": device,
        "stands": words.state_words(device, now),
        "state_name": words.LOOKS[state],
        "seen": words.seen_words(device, now),
        "faults": words.troubles(device, now),
        "has_screen": device.kind != DeviceKind.PRINTER,
        "keys": device.tokens.filter(revoked_at=None).count(),
        "may_change": request.standing.may(Act.ARRANGE),
        **{act: _url(request, f"device_{act}", device) for act in ("state", "lock", "unlock", "withdraw")},
        "renew": f"{_url(request, 'device_pair')}?device={device.pk}",
    }


DEVICES = Register(
    name="devices",
    title=gettext_lazy("Devices"),
    singular=gettext_lazy("device"),
    add_label=gettext_lazy("Register by hand"),
    icon="display",
    explain=gettext_lazy("Kiosks, boards and printers: whether each one works now, and what it needs."),
    model=Device,
    rows=_rows,
    columns=(
        Column("name", gettext_lazy("Name"), lambda one: one.name, ("name",)),
        Column("kind", gettext_lazy("Kind"), lambda one: one.get_kind_display(), ("kind",)),
        Column("zone", gettext_lazy("Zone"), lambda one: one.zone and one.zone.name, ("zone__name",)),
        Column("place", gettext_lazy("Place"), lambda one: one.place, ("place",)),
        Column(
            "state",
            gettext_lazy("State"),
            lambda one: words.state_words(one, one.now),
        ),
        Column("seen", gettext_lazy("Last sign"), lambda one: words.seen_words(one, one.now), ("seen_at",)),
        Column("fault", gettext_lazy("What is wrong"), words.fault_words, ("fault",)),
        Column("software", gettext_lazy("Browser"), lambda one: one.software, ("software",), on_demand=True),
    ),
    form=_form,
    save=_save,
    remove=lambda request, device, at: actions.remove_device(device=device, by=request.user, at=at),
    search=("name__icontains", "place__icontains", "zone__name__icontains"),
    order=("kind", "name"),
    filters=(
        Filter(
            "kind",
            gettext_lazy("Kind"),
            lambda _request: DeviceKind.choices,
            lambda rows, kind: rows.filter(kind=kind),
        ),
        Filter("state", gettext_lazy("State"), lambda _request: list(words.STATES.items()), _of_state),
        Filter(
            "fault",
            gettext_lazy("What is wrong"),
            lambda _request: [("yes", gettext_lazy("something")), ("no", gettext_lazy("nothing"))],
            lambda rows, has_fault: rows.exclude(fault="") if has_fault == "yes" else rows.filter(fault=""),
        ),
    ),
    panels=_panels,
    list_template="office/devices.html",
    verbs=words.VERBS,
)


# ---- Pairing ----


class PairScreen(forms.Form):
    """The code that a screen shows, and what that screen is to be; for a device that is replaced the code alone."""

    code = forms.CharField(
        label=gettext_lazy("Code on the screen"),
        help_text=gettext_lazy("Six letters and digits. Small letters are fine, too."),
        max_length=40,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "autocapitalize": "characters",
                "spellcheck": "false",
                "autofocus": True,
                "class": "of-codefield",
            }
        ),
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("What is it for?"), choices=WITH_SCREEN, widget=forms.RadioSelect, initial=DeviceKind.KIOSK
    )
    zone = forms.ModelChoiceField(
        Zone.objects.none(), label=gettext_lazy("Zone"), required=False, empty_label=gettext_lazy("in no zone")
    )
    place = forms.CharField(
        label=gettext_lazy("Where it stands"),
        help_text=gettext_lazy("So that somebody finds it: “beside the main door”."),
        max_length=80,
        required=False,
    )
    name = forms.SlugField(
        label=gettext_lazy("Name"),
        help_text=gettext_lazy("Leave it empty for the next free name, such as kiosk-3."),
        max_length=40,
        required=False,
    )

    def __init__(self, request: OfficeRequest, device: Device | None, fields: QueryDict | None) -> None:
        super().__init__(fields)
        offer(self, "zone", zones_of(request.mall))
        if device is not None:
            self.fields = {"code": self.fields["code"]}

    def clean_code(self) -> str:
        """The code as it stands on the screen. A mistyped one is told before anything is asked."""
        try:
            return codes.normalise(self.cleaned_data["code"], GROUPS, GROUP)
        except codes.BadCode as refusal:
            raise ValidationError(refusal.sentence) from refusal


@require_safe
@signed_in
def code(request: OfficeRequest) -> HttpResponse:
    """Where the QR code of a waiting screen leads: to the pairing page of the operator's mall."""
    malls = list(_malls(request)[:200])
    if not malls:
        raise Http404
    if len(malls) == 1:
        return redirect("office_device_pair", mall=malls[0].code)
    request.place, request.standing = None, accounts.standing_at(request.user, None)
    return answer(request, "office/device_malls.html", "malls", {**sections.frame(request), "malls": malls})


@require_http_methods(["GET", "HEAD", "POST"])
@for_office(Act.ARRANGE)
def pair(request: OfficeRequest) -> HttpResponse:
    """Type in the code of a screen: it becomes a new device, or new hardware for the one that `?device=` names."""
    device = _asked_device(request)
    sent = request.POST if request.method == "POST" else keeping.take(request)
    form = PairScreen(request, device, sent)
    page: dict[str, Any] = {"form": form, "device": device}
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                return _paired(request, device, form)
            except Refused as refusal:
                form.add_error("code", refusal.sentence)
                status = refusal.status
            except ValidationError as error:
                editing.put_errors(error, form)
    groups = [
        {"title": _("The screen"), "fields": [form["code"]]},
        {"title": _("The device"), "fields": [form[name] for name in form.fields if name != "code"]},
    ]
    page |= {"groups": [group for group in groups if group["fields"]], "list_url": _url(request, "list")}
    others = Device.objects.filter(mall=request.mall).exclude(kind=DeviceKind.PRINTER).order_by("name")
    page["others"] = [(one, f"?device={one.pk}") for one in others[:50]] if device is None else []
    crumbs = ((_("Devices"), _url(request, "list")),)
    return answer(
        request,
        "office/device_pair.html",
        "pair",
        {**sections.frame(request, "devices", *crumbs), **page},
        status=status,
    )


class TooManyTries(Refused):
    """Codes were typed in too often: someone may be guessing."""

    status = 429


def _paired(request: OfficeRequest, device: Device | None, form: PairScreen) -> HttpResponse:
    who = request.user.actor_name
    by_operator = callers.is_within(request, "pairing-codes", most=TRIES, seconds=STRETCH, who=who)
    by_address = callers.is_within(request, "pairing-codes", most=TRIES_FROM_ADDRESS, seconds=STRETCH)
    if not (by_operator and by_address):
        raise TooManyTries(_("Too many codes were typed in. Please wait ten minutes."))
    fields = form.cleaned_data
    paired = actions.pair(
        code=fields["code"],
        mall=request.mall,
        device=device,
        kind=DeviceKind(fields["kind"]) if device is None else None,
        name=fields.get("name", ""),
        zone=fields.get("zone"),
        place=fields.get("place", ""),
        by=request.user,
        at=clock.now(),
        real_at=clock.real_now(),
    )
    messages.success(request, _("%(name)s is paired. Its screen starts by itself.") % {"name": paired.name})
    return HttpResponseRedirect(_url(request, "list"))


def _asked_device(request: OfficeRequest) -> Device | None:
    asked = request.GET.get("device", "")
    if not asked:
        return None
    if not (asked.isascii() and asked.isdigit() and len(asked) < 10):
        raise Http404
    return get_object_or_404(Device.objects.exclude(kind=DeviceKind.PRINTER), pk=asked, mall=request.mall)


# ---- One device ----


@require_safe
@for_office(Act.READ)
def state(request: OfficeRequest, record: int) -> HttpResponse:
    """How one device stands now, for its page, which asks again and again."""
    device = get_object_or_404(_rows(request), pk=record)
    page = {"panel": _standing(request, device)}
    return answer(request, "office/device_panel.html", "state", page)


@require_POST
@for_office(Act.ARRANGE)
def lock(request: OfficeRequest, record: int) -> HttpResponse:
    """Refuse a device from its next request on."""
    device = get_object_or_404(_rows(request), pk=record)
    actions.lock_device(device=device, by=request.user, at=clock.now())
    undo = _url(request, "device_unlock", device)
    messages.success(request, _("%(name)s is locked.") % {"name": device.name}, extra_tags=undo)
    return HttpResponseRedirect(_url(request, "edit", device))


@require_POST
@for_office(Act.ARRANGE)
def unlock(request: OfficeRequest, record: int) -> HttpResponse:
    """Let a locked device go on."""
    device = get_object_or_404(_rows(request), pk=record)
    actions.unlock_device(device=device, by=request.user, at=clock.now())
    messages.success(request, _("%(name)s is unlocked.") % {"name": device.name})
    return HttpResponseRedirect(_url(request, "edit", device))


@require_POST
@for_office(Act.ARRANGE)
def withdraw(request: OfficeRequest, record: int) -> HttpResponse:
    """End the keys of a device that was lost, sold or looked into."""
    device = get_object_or_404(_rows(request), pk=record)
    actions.withdraw_keys(device=device, by=request.user, at=clock.now())
    messages.success(request, _("The keys of %(name)s no longer work.") % {"name": device.name})
    return HttpResponseRedirect(_url(request, "edit", device))


def _malls(request: OfficeRequest) -> QuerySet[Mall]:
    """The malls whose devices this person may arrange, by name."""
    kinds = roles_that_may(Act.ARRANGE)
    roles = request.user.roles.filter(kind__in=kinds)
    if roles.filter(mall=None, region=None).exists():
        return Mall.objects.order_by("name")
    return Mall.objects.filter(pk__in=roles.values("mall")).order_by("name")


def _url(request: OfficeRequest, act: str, device: Device | None = None) -> str:
    where: dict[str, Any] = {"mall": request.mall.code}
    if act in {"list", "edit"}:
        where["register"] = "devices"
    if device is not None:
        where["record"] = device.pk
    return reverse(f"office_{act}", kwargs=where)
