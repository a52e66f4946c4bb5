"""The pages of one person: the link, the roles, sessions and second factor, leaving and coming back."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from pendapa.base import clock
from pendapa.base.errors import Refused
from pendapa.base.secrets import decrypt
from pendapa.directory.accounts import actions, rules
from pendapa.directory.accounts.actions import RoleAt
from pendapa.directory.accounts.models import Role, User
from pendapa.directory.accounts.rules import Act
from pendapa.web.office import keeping, sections
from pendapa.web.office.access import OfficeRequest, for_office
from pendapa.web.office.people import (
    CONTEXT,
    SHOWN_ONCE,
    RoleForm,
    giving,
    keep_link,
    kinds_here,
    link_words,
    people_here,
    person_or_404,
    roles_here,
    url_of,
)
from pendapa.web.pages import answer


@require_http_methods(["GET", "HEAD", "POST"])
@for_office(Act.STAFF)
def link(request: OfficeRequest, record: int) -> HttpResponse:
    """The link of an invitation, once; a POST makes a new one, also for somebody who forgot the password."""
    person = person_or_404(request, record)
    if request.method == "POST":
        try:
            code = actions.renew_invitation(user=person, by=request.user, at=clock.now(), real_at=clock.real_now())
        except Refused as refusal:
            messages.error(request, refusal.sentence)
            return HttpResponseRedirect(url_of(request, "edit", person))
        keep_link(request, person, code)
        return HttpResponseRedirect(url_of(request, "person_link", person))
    kept = request.session.get(SHOWN_ONCE)
    shown: dict[str, Any] = {}
    if kept and kept["person"] == person.pk and request.method == "GET":
        del request.session[SHOWN_ONCE]
        shown = link_words(request, decrypt(kept["code"], context=CONTEXT))
    page = {
        **_frame(request, person),
        "person": person,
        "shown": shown,
        "until": clock.real_now() + rules.INVITATION_LIFE,
        "edit_url": url_of(request, "edit", person),
        "list_url": url_of(request, "list"),
    }
    return answer(request, "office/people_link.html", "link", page)


@require_http_methods(["GET", "HEAD", "POST"])
@for_office(Act.STAFF)
def roles(request: OfficeRequest, record: int) -> HttpResponse:
    """The roles of a person at this mall: give another one, or take one away."""
    person = person_or_404(request, record, is_whole=False)
    kept = keeping.take(request)
    form = RoleForm(request, request.POST if request.method == "POST" else kept)
    page: dict[str, Any] = {"form": form, "was_kept": kept is not None}
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            place: RoleAt = form.cleaned_data["place"]
            try:
                actions.give_role(
                    user=person,
                    kind=place.kind,
                    mall=place.mall,
                    agency=place.agency,
                    region=place.region,
                    by=request.user,
                    at=clock.now(),
                )
            except Refused as refusal:
                page["refusal"], status = refusal, refusal.status
            else:
                messages.success(request, _("%(name)s has the role now.") % {"name": person.full_name})
                return HttpResponseRedirect(url_of(request, "person_roles", person))
    may = giving(request)
    page |= {
        **_frame(request, person),
        "person": person,
        "roles": [
            {"role": role, "take": _take_url(request, person, role)}
            if may.may(role.kind, role.mall_id, role.agency_id)
            else {"role": role, "take": ""}
            for role in roles_here(person)
        ],
        "groups": [{"title": _("Another role"), "fields": list(form)}] if kinds_here(request) else [],
        "edit_url": url_of(request, "edit", person),
    }
    return answer(request, "office/people_roles.html", "roles", page, status=status)


@require_POST
@for_office(Act.STAFF)
def take(request: OfficeRequest, record: int, role: int) -> HttpResponse:
    """Take a role away."""
    person = person_or_404(request, record, is_whole=False)
    found = next((one for one in roles_here(person) if one.pk == role), None)
    if found is None:
        raise Http404
    return _do(
        request,
        person,
        lambda at: actions.take_role(role=found, by=request.user, at=at),
        _("%(name)s no longer has this role.") % {"name": person.full_name},
        to="person_roles",
    )


@require_POST
@for_office(Act.STAFF)
def sign_out(request: OfficeRequest, record: int) -> HttpResponse:
    """End the sessions of a person."""
    person = person_or_404(request, record)
    return _do(
        request,
        person,
        lambda at: actions.sign_out_everywhere(user=person, by=request.user, at=at),
        _("%(name)s is signed out everywhere.") % {"name": person.full_name},
    )


@require_POST
@for_office(Act.STAFF)
def second_factor(request: OfficeRequest, record: int) -> HttpResponse:
    """Forget the second factor of somebody whose phone is gone."""
    person = person_or_404(request, record)
    return _do(
        request,
        person,
        lambda at: actions.reset_second_factor(user=person, by=request.user, at=at),
        _("%(name)s signs in with the password alone, until a new second factor is set up.")
        % {"name": person.full_name},
    )


@require_http_methods(["GET", "HEAD", "POST"])
@for_office(Act.STAFF)
def leave(request: OfficeRequest, record: int) -> HttpResponse:
    """Say what it means, then lock somebody out who left."""
    person = person_or_404(request, record)
    page: dict[str, Any] = {
        **_frame(request, person),
        "person": person,
        "cancel_url": url_of(request, "edit", person),
        "consequences": [
            _("Every session ends at once, on every computer and phone."),
            _("Keys to the API and links that are still open no longer work."),
            _("The roles end, and postings from today on leave the roster."),
            _("A counter where they sit is freed; whoever stands there is called again first."),
            _("What they did stays in the history. They can be brought back with their roles."),
        ],
    }
    status = 200
    if request.method == "POST":
        try:
            actions.leave(user=person, by=request.user, at=clock.now())
        except Refused as refusal:
            page["refusal"], status = refusal, refusal.status
        else:
            messages.success(request, _("%(name)s is locked out everywhere.") % {"name": person.full_name})
            return HttpResponseRedirect(url_of(request, "list"))
    return answer(request, "office/people_leave.html", "confirm", page, status=status)


@require_POST
@for_office(Act.STAFF)
def come_back(request: OfficeRequest, record: int) -> HttpResponse:
    """Take somebody back with their roles; a new link sets a new password."""
    person = person_or_404(request, record)
    try:
        code = actions.come_back(user=person, by=request.user, at=clock.now(), real_at=clock.real_now())
    except Refused as refusal:
        messages.error(request, refusal.sentence)
        return HttpResponseRedirect(url_of(request, "edit", person))
    keep_link(request, person, code)
    return HttpResponseRedirect(url_of(request, "person_link", person))


def _do(
    request: OfficeRequest, person: User, act: Callable[[datetime], None], done: str, *, to: str = "edit"
) -> HttpResponse:
    try:
        act(clock.now())
    except Refused as refusal:
        messages.error(request, refusal.sentence)
    else:
        messages.success(request, done)
    is_seen = (
        people_here(request).filter(pk=person.pk).exists()
    )  # without the last role they are not seen here any more
    return HttpResponseRedirect(url_of(request, to, person) if is_seen else url_of(request, "list"))


def _frame(request: OfficeRequest, person: User) -> dict[str, Any]:
    crumbs = ((_("People"), url_of(request, "list")), (person.full_name, url_of(request, "edit", person)))
    return sections.frame(request, "people", *crumbs)


def _take_url(request: OfficeRequest, person: User, role: Role) -> str:
    where = {"mall": request.mall.code, "record": person.pk, "role": role.pk}
    return reverse("office_person_take", kwargs=where)
