"""The people of a mall: invite them by a link, give and take roles, lock out who left."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import Prefetch, Q, QuerySet
from django.http import Http404, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pendapa.base import clock
from pendapa.base.secrets import encrypt
from pendapa.directory.accounts import actions, rules
from pendapa.directory.accounts import queries as accounts
from pendapa.directory.accounts.actions import RoleAt
from pendapa.directory.accounts.models import Role, RoleKind, User
from pendapa.directory.accounts.queries import Giving
from pendapa.directory.accounts.rules import Act, Reach
from pendapa.directory.malls.models import Agency, Region, RegionLevel
from pendapa.web.office import cells, editing
from pendapa.web.office.access import OfficeRequest
from pendapa.web.office.agencies import agencies_for, agency_choices
from pendapa.web.office.histories import EMPTY
from pendapa.web.office.registers import Column, Fate, Filter, ImportColumn, Importer, Planned, Register, Row, Sent
from pendapa.web.ui.numbers import absolute, qr

SHOWN_ONCE, CONTEXT = "invitation_link", "office.invitation_link"  # in the session, encrypted
_DATA = ("full_name", "username", "email", "position")

STATES = {
    "invited": gettext_lazy("invited"),
    "active": gettext_lazy("active"),
    "left": gettext_lazy("has left"),
}
_TONES = {"invited": "kunyit", "active": "lumut", "left": ""}
VERBS = {
    "user.created": gettext_lazy("account made"),
    "user.invited": gettext_lazy("invited"),
    "user.invited_anew": gettext_lazy("new link made"),
    "user.accepted_invitation": gettext_lazy("set a password by the link"),
    "user.left": gettext_lazy("left"),
    "user.came_back": gettext_lazy("came back"),
    "user.signed_in": gettext_lazy("signed in"),
    "user.signed_out": gettext_lazy("signed out"),
    "user.signed_out_everywhere": gettext_lazy("signed out everywhere"),
    "user.second_factor_added": gettext_lazy("second factor set up"),
    "user.second_factor_removed": gettext_lazy("second factor removed"),
    "user.second_factor_renewed": gettext_lazy("new recovery codes"),
    "user.second_factor_reset": gettext_lazy("second factor reset"),
    "user.linked": gettext_lazy("linked with the single sign-on"),
    "sign_in.failed": gettext_lazy("failed sign-in"),
    "role.given": gettext_lazy("role given"),
    "role.taken": gettext_lazy("role taken"),
    "token.created": gettext_lazy("key to the API made"),
    "token.revoked": gettext_lazy("keys to the API withdrawn"),
}


# ---- Who may what ----


def giving(request: OfficeRequest) -> Giving:
    """What roles the person of this request may give, read once."""
    found: Giving | None = getattr(request, "giving_here", None)
    if found is None:
        found = accounts.giving_of(request.user)
        request.giving_here = found  # type: ignore[attr-defined]  # kept for this request alone
    return found


def kinds_here(request: OfficeRequest) -> list[str]:
    """The roles that this person may give at the mall, for all of it or for one of their agencies."""
    may = giving(request)
    own = [None, *(request.standing.agencies(Act.STAFF) or ())]
    elsewhere = () if may.is_for_all else (Reach.REGION, Reach.ALL)
    return [
        kind
        for kind, rule in rules.ROLES.items()
        if rule.reach not in elsewhere and any(may.may(kind, request.mall.pk, agency) for agency in own)
    ]


def people_here(request: OfficeRequest) -> QuerySet[User]:
    """The people whom this person may see; what may be seen of their roles stands in `roles_here`."""
    agencies = request.standing.agencies(Act.READ)
    rows = accounts.people_at(request.mall, agencies)
    seen = Q(mall=request.mall) if agencies is None else Q(mall=request.mall, agency__in=agencies)
    if giving(request).is_for_all:
        rows = rows | User.objects.filter(pk__in=Role.objects.filter(mall=None).values("user"))
        seen |= Q(mall=None)
    roles = Role.objects.filter(seen).select_related("agency", "region").order_by("kind", "pk")
    return rows.prefetch_related(Prefetch("roles", roles, to_attr="roles_here"))


def _may_change(request: OfficeRequest, person: User | None) -> bool:
    if not request.standing.may_somewhere(Act.STAFF):
        return False
    return person is None or (person.is_active and giving(request).may_look_after(person))


def person_or_404(request: OfficeRequest, record: int, *, is_whole: bool = True) -> User:
    """A person of this mall; for acts on the account as a whole one whom the asker looks after."""
    person = get_object_or_404(people_here(request), pk=record)
    if is_whole and not giving(request).may_look_after(person):
        raise Http404
    return person


# ---- The list ----


def state_of(person: User) -> str:
    """Whether somebody was invited, is here, or has left."""
    if not person.is_active:
        return "left"
    return "invited" if not person.last_login and not person.has_usable_password() else "active"


def _of_state(rows: QuerySet[User], state: str) -> QuerySet[User]:
    waiting = Q(password__startswith=UNUSABLE_PASSWORD_PREFIX, last_login=None)
    if state == "left":
        return rows.filter(is_active=False)
    return rows.filter(waiting, is_active=True) if state == "invited" else rows.exclude(waiting).filter(is_active=True)


def roles_here(person: Any) -> list[Role]:
    roles: list[Role] = person.roles_here
    return roles


def _names(values: Sequence[str]) -> str:
    return ", ".join(dict.fromkeys(values))


# ---- Forms ----


class PersonForm(forms.Form):
    """Name and address of a person; what is taken already, the action says."""

    full_name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    username = forms.CharField(
        label=gettext_lazy("User name"),
        help_text=gettext_lazy("To sign in with, in small letters, such as rini.astuti."),
        max_length=60,
        validators=[UnicodeUsernameValidator()],
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false", "autocomplete": "off"}),
    )
    email = forms.EmailField(
        label=gettext_lazy("E-mail"),
        help_text=gettext_lazy("The official one: single sign-on finds the person by it."),
        required=False,
    )
    position = forms.CharField(label=gettext_lazy("Position"), max_length=80, required=False)

    def __init__(self, person: User | None, fields: QueryDict | None) -> None:
        super().__init__(fields)
        if person is not None:
            self.initial = {name: getattr(person, name) for name in self.fields}


class _RoleFields(forms.Form):
    """A role at this mall, for an agency where the role is bound to one; only what the asker may give."""

    role = forms.ChoiceField(label=gettext_lazy("Role"))
    agency = forms.ModelChoiceField(
        Agency.objects.none(),
        label=gettext_lazy("Agency"),
        help_text=gettext_lazy("For officers, agency managers, complaint officers and signing officials."),
        required=False,
    )
    region = forms.ModelChoiceField(
        Region.objects.exclude(level=RegionLevel.DISTRICT).order_by("code"),
        label=gettext_lazy("Region"),
        help_text=gettext_lazy("For viewers of a region: its province, regency or city."),
        required=False,
    )
    everywhere = forms.BooleanField(label=gettext_lazy("For the whole installation"), required=False)

    def offer(self, request: OfficeRequest) -> None:
        """Fill the choices."""
        self.mall = request.mall
        role, agency = self.fields["role"], self.fields["agency"]
        assert isinstance(role, forms.ChoiceField)
        assert isinstance(agency, forms.ModelChoiceField)
        role.choices = [("", EMPTY), *((kind, RoleKind(kind).label) for kind in kinds_here(request))]
        agency.queryset = agencies_for(request, Act.STAFF)
        agency.label_from_instance = lambda one: one.short_name  # type: ignore[method-assign,assignment]  # as Django says to
        if not giving(request).is_for_all:
            del self.fields["everywhere"], self.fields["region"]

    def clean(self) -> dict[str, Any]:
        """The role with its place as `place`."""
        typed = super().clean() or {}
        kind = typed.get("role")
        if not kind:
            return typed
        reach, agency = rules.ROLES[kind].reach, typed.get("agency")
        is_everywhere = reach == Reach.ALL or bool(typed.get("everywhere") and reach == Reach.MALL_OR_ALL)
        if reach == Reach.AGENCY and agency is None and "agency" not in self.errors:
            self.add_error("agency", _("Choose the agency that this role is for."))
        region = typed.get("region") if reach == Reach.REGION else None
        if reach == Reach.REGION and region is None and "region" not in self.errors:
            self.add_error("region", _("Choose the region that this role is for."))
        if typed.get("everywhere") and not is_everywhere:
            self.add_error("everywhere", _("This role is always for one mall."))
        place = None if is_everywhere or reach == Reach.REGION else self.mall
        return {**typed, "place": RoleAt(RoleKind(kind), place, agency if reach == Reach.AGENCY else None, region)}


class RoleForm(_RoleFields):
    """Another role for a person."""

    def __init__(self, request: OfficeRequest, fields: QueryDict | None) -> None:
        super().__init__(fields)
        self.offer(request)


class InviteForm(_RoleFields, PersonForm):
    """A new person with a first role."""

    def __init__(self, request: OfficeRequest, fields: QueryDict | None) -> None:
        super().__init__(None, fields)
        self.offer(request)


def _form(request: OfficeRequest, person: User | None, fields: QueryDict | None) -> forms.Form:
    return PersonForm(person, fields) if person is not None else InviteForm(request, fields)


def _save(request: OfficeRequest, person: User | None, sent: Sent) -> User:
    values = {name: sent.form.cleaned_data[name] for name in _DATA}
    if person is not None:
        actions.change_person(user=person, values=values, version=sent.version, by=request.user, at=sent.at)
        return person
    invited = actions.invite_person(
        **values, roles=[sent.form.cleaned_data["place"]], by=request.user, at=sent.at, real_at=clock.real_now()
    )
    keep_link(request, invited.user, invited.code)
    return invited.user


# ---- Import ----


def _plan(request: OfficeRequest, rows: Sequence[Row]) -> list[Planned]:
    visible = {one.username.lower(): one for one in people_here(request).prefetch_related("roles")}
    names = {row.values["username"].strip().lower() for row in rows}
    taken = {name.lower() for name in User.objects.filter(username__in=names).values_list("username", flat=True)}
    addresses = {
        email.lower(): username.lower()
        for email, username in User.objects.exclude(email="").values_list("email", "username")
    }
    agencies = {one.short_name.casefold(): one for one in agencies_for(request, Act.STAFF)}
    kinds = {kind for kind in kinds_here(request) if rules.ROLES[kind].reach != Reach.REGION}
    seen: set[str] = set()
    planned = []
    for row in rows:
        values = {name: " ".join(row.values.get(name, "").split()) for name in (*_DATA, "role", "agency")}
        name, email = values["username"].lower(), values["email"]
        person = visible.get(name)
        kind = cells.words_of(RoleKind).get(values["role"].casefold(), "")
        agency = agencies.get(values["agency"].casefold()) if values["agency"] else None
        errors: list[str] = []
        if not name or not values["full_name"]:
            errors.append(_("User name and name are needed."))
        elif not _fits(values):
            errors.append(_("Please look at the length of the texts; a user name has no blanks."))
        if name in seen:
            errors.append(_("This user name stands in the file twice."))
        seen.add(name)
        if person is None and name in taken:
            errors.append(_("Somebody has this user name already."))
        if email and addresses.setdefault(email.lower(), name) != name:
            errors.append(_("Somebody has this e-mail address already."))
        if not kind:
            errors.append(_("There is no role %(role)s.") % {"role": values["role"] or EMPTY})
        elif kind not in kinds:
            errors.append(_("You cannot give or take this role here."))
        elif rules.ROLES[kind].reach == Reach.AGENCY and agency is None:
            errors.append(_("No agency with this short name has a stand here, or it is not yours."))
        if errors:
            planned.append(Planned(row, Fate.ERROR, values["full_name"], errors=errors))
            continue
        is_of_agency = rules.ROLES[kind].reach == Reach.AGENCY
        place = RoleAt(
            RoleKind(kind),
            None if rules.ROLES[kind].reach == Reach.ALL else request.mall,
            agency if is_of_agency else None,
        )
        planned.append(_fate(request, row, values | {"username": name}, person, place))
    return planned


def _fate(request: OfficeRequest, row: Row, values: dict[str, str], person: User | None, place: RoleAt) -> Planned:
    data = {name: values[name] for name in _DATA}
    if person is None:
        return Planned(row, Fate.NEW, values["full_name"], content=(None, data, place))
    if not _may_change(request, person):
        return Planned(row, Fate.ERROR, values["full_name"], errors=[_("You do not look after this account.")])
    changes: list[tuple[Any, object, object]] = [
        (PersonForm.base_fields[name].label, getattr(person, name), value)
        for name, value in data.items()
        if value and getattr(person, name) != value
    ]
    wanted = (place.kind, place.mall.pk if place.mall else None, place.agency.pk if place.agency else None)
    if wanted not in {(one.kind, one.mall_id, one.agency_id) for one in person.roles.all()}:
        agency = f", {place.agency.short_name}" if place.agency else ""
        changes.append((gettext_lazy("Role"), "", f"{place.kind.label}{agency}"))
    fate = Fate.CHANGED if changes else Fate.UNCHANGED
    return Planned(row, fate, values["full_name"], changes, content=(person, data, place))


def _fits(values: dict[str, str]) -> bool:
    """Whether texts are short enough and look like what they are."""
    person = User(**{name: values[name] for name in _DATA}, joined_at=clock.real_now())
    try:
        person.clean_fields(exclude={"password"})
        if values["email"]:
            validate_email(values["email"])
    except ValidationError:
        return False
    return True


def _apply(request: OfficeRequest, planned: Sequence[Planned], at: datetime) -> tuple[str, dict[str, Any]] | None:
    invited = []
    for one in planned:
        person, data, place = one.content
        if person is None:
            new = actions.invite_person(**data, roles=[place], by=request.user, at=at, real_at=clock.real_now())
            invited.append({"person": new.user, **link_words(request, new.code)})
            continue
        values = {name: value for name, value in data.items() if value}  # an empty cell leaves what is there
        actions.change_person(user=person, values=values, version=None, by=request.user, at=at)
        actions.give_role(user=person, kind=place.kind, mall=place.mall, agency=place.agency, by=request.user, at=at)
    until = clock.real_now() + rules.INVITATION_LIFE
    return ("office/people_sheet.html", {"invited": invited, "until": until}) if invited else None


IMPORTER = Importer(
    (
        ImportColumn(
            "username",
            ("nama pengguna", "user name", "username"),
            True,
            gettext_lazy("To sign in with; people who have one already are changed."),
            ("rini.astuti", "budi.santosa"),
        ),
        ImportColumn("full_name", ("nama", "name", "full name"), True, "", ("Rini Astuti", "Budi Santosa")),
        ImportColumn("email", ("surel", "e-mail", "email"), False, "", ("rini.astuti@contoh.go.id", "")),
        ImportColumn("position", ("jabatan", "position"), False, "", ("Pengadministrasi", "")),
        ImportColumn(
            "role",
            ("peran", "role"),
            True,
            gettext_lazy("As the list names it, or its English word."),
            ("petugas loket", "petugas informasi"),
        ),
        ImportColumn(
            "agency",
            ("instansi", "agency"),
            False,
            gettext_lazy("The short name; needed for roles of an agency."),
            ("Dukcapil", ""),
        ),
    ),
    _plan,
    _apply,
)


# ---- One person ----


def _panels(request: OfficeRequest, person: User) -> list[tuple[str, dict[str, Any]]]:
    state = state_of(person)
    may_staff = request.standing.may_somewhere(Act.STAFF)
    open_link = person.invitations.filter(accepted_at=None, withdrawn_at=None).first()
    panel = {
        "person": person,
        "state": state,
        "state_words": STATES[state],
        "tone": _TONES[state],
        "held": roles_here(person),
        "has_second_factor": accounts.has_second_factor(person),
        "link_until": open_link.expires_at if open_link and state != "left" else None,
        "is_link_over": bool(open_link and open_link.expires_at <= clock.real_now()),
        "may_change": may_staff and giving(request).may_look_after(person),
        "may_give": may_staff and bool(kinds_here(request)),
        "time_zone": request.mall.time_zone,
        **{
            act: url_of(request, f"person_{act}", person)
            for act in ("link", "roles", "sign_out", "second_factor", "leave", "come_back")
        },
    }
    return [("office/people_panel.html", panel)]


PEOPLE = Register(
    name="people",
    title=gettext_lazy("People"),
    singular=gettext_lazy("person"),
    add_label=gettext_lazy("Invite a person"),
    icon="person-vcard",
    explain=gettext_lazy("Who works here and what they may do. Everybody gets in by a link of their own."),
    model=User,
    rows=people_here,
    columns=(
        Column("name", gettext_lazy("Name"), lambda one: one.full_name, ("full_name",)),
        Column("username", gettext_lazy("User name"), lambda one: one.username, ("username",)),
        Column("roles", gettext_lazy("Roles"), lambda one: _names([str(role) for role in roles_here(one)]) or None),
        Column(
            "agency",
            gettext_lazy("Agency"),
            lambda one: _names([role.agency.short_name for role in roles_here(one) if role.agency]) or None,
        ),
        Column(
            "state",
            gettext_lazy("State"),
            lambda one: STATES[state_of(one)],
            ("is_active", "last_login"),
            tone=lambda one: _TONES[state_of(one)],
        ),
        Column("last_login", gettext_lazy("Last sign-in"), lambda one: one.last_login, ("last_login",)),
        Column("position", gettext_lazy("Position"), lambda one: one.position, ("position",), on_demand=True),
        Column("email", gettext_lazy("E-mail"), lambda one: one.email, ("email",), on_demand=True),
    ),
    form=_form,
    save=_save,
    search=("full_name__icontains", "username__icontains", "email__icontains"),
    order=("-is_active", "full_name", "pk"),
    filters=(
        Filter(
            "role",
            gettext_lazy("Role"),
            lambda _request: RoleKind.choices,
            lambda rows, kind: rows.filter(pk__in=Role.objects.filter(kind=kind).values("user")),
        ),
        Filter(
            "agency",
            gettext_lazy("Agency"),
            agency_choices,
            lambda rows, agency: rows.filter(pk__in=Role.objects.filter(agency=int(agency)).values("user")),
        ),
        Filter("state", gettext_lazy("State"), lambda _request: list(STATES.items()), _of_state),
    ),
    writes=Act.STAFF,
    may_change=_may_change,
    importer=IMPORTER,
    groups=(
        (gettext_lazy("Person"), _DATA),
        (gettext_lazy("First role"), ("role", "agency", "region", "everywhere")),
    ),
    panels=_panels,
    verbs=VERBS,
)


def invite(request: Any, mall: str) -> HttpResponse:
    """Invite a person; the link is shown once on the next page."""
    response = editing.add(request, mall=mall, register="people")
    kept = request.session.get(SHOWN_ONCE) if request.method == "POST" and response.status_code == 302 else None
    if kept and request.user.is_authenticated:
        return HttpResponseRedirect(reverse("office_person_link", kwargs={"mall": mall, "record": kept["person"]}))
    return response


def keep_link(request: OfficeRequest, person: User, code: str) -> None:
    """Hold the code until the next page shows it, which then forgets it."""
    request.session[SHOWN_ONCE] = {"person": person.pk, "code": encrypt(code, context=CONTEXT)}


def link_words(request: OfficeRequest, code: str) -> dict[str, Any]:
    address = absolute(request, reverse("invitation", kwargs={"code": code}))
    return {"link": address, "qr": qr(address)}


def url_of(request: OfficeRequest, act: str, person: User | None = None) -> str:
    where: dict[str, Any] = {"mall": request.mall.code}
    if act in {"list", "edit"}:
        where["register"] = "people"
    if person is not None:
        where["record"] = person.pk
    return reverse(f"office_{act}", kwargs=where)
