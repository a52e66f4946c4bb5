"""The way of a version: submitted, compared and published by a second person, or returned; and what became of it."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.dateparse import parse_date
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from pendapa.base import clock
from pendapa.base.errors import Refused
from pendapa.base.records.models import RemovedRecord
from pendapa.directory.accounts.rules import Act
from pendapa.directory.catalogue import actions, queries, rules
from pendapa.directory.catalogue.models import PublicService, ServiceVersion, empty_content
from pendapa.directory.catalogue.rules import State
from pendapa.web.office import sections, services, services_edit
from pendapa.web.office import services_text as text
from pendapa.web.office.access import OfficeRequest, for_office
from pendapa.web.office.agencies import agencies_at
from pendapa.web.office.editing import version_of
from pendapa.web.office.histories import names_of
from pendapa.web.pages import answer
from pendapa.web.ui import standards

CHANGED_DAYS = 90  # that "what changed" looks back
PAGE = 20  # changes on one page
LONGEST_REMARK = 2000


def _version_sent(request: OfficeRequest, service: PublicService) -> ServiceVersion:
    """The version that a form was about. Raises `Refused` where it is gone."""
    pk = request.POST.get("draft", "")
    wanted = int(pk) if pk.isascii() and pk.isdigit() and len(pk) < 19 else 0
    found = ServiceVersion.objects.filter(service=service, pk=wanted).select_related("service__mall").first()
    if found is None:
        raise actions.NotInReview(_("This draft is no longer there."))
    return found


def _act(
    request: OfficeRequest, record: int, act: Callable[[PublicService, ServiceVersion], str], done: str = ""
) -> HttpResponse:
    """Do something with a version and go on; what is refused stands on the service's page or on the review's."""
    service = services.service_or_404(request, record, to_change=True)
    try:
        messages.success(request, act(service, _version_sent(request, service)))
    except Refused as refusal:
        return _refused(request, service, refusal)
    return HttpResponseRedirect(services.url(request, service, done))


def _refused(request: OfficeRequest, service: PublicService, refusal: Refused) -> HttpResponse:
    service.refresh_from_db()
    draft = queries.open_draft(service)
    if draft is not None and draft.state == State.IN_REVIEW:
        return _review_page(request, service, draft, {"refusal": refusal}, status=refusal.status)
    return services_edit.looked_at(request, service, {"refusal": refusal}, status=refusal.status)


# ---- Submit, review, publish, return ----


@require_POST
@for_office(Act.READ)
def submit(request: OfficeRequest, record: int) -> HttpResponse:
    """Ask a second person to review the draft as it is saved."""

    def act(service: PublicService, draft: ServiceVersion) -> str:
        sentence = _("%(name)s is submitted. A second person reviews it.") % {"name": service.name}
        if draft.state != State.IN_REVIEW or draft.submitted_by != request.user.actor_name:  # not a second tap
            actions.submit(draft=draft, version=version_of(request.POST), by=request.user, at=clock.now())
        return sentence

    return _act(request, record, act, "review")


@require_safe
@for_office(Act.READ)
def review(request: OfficeRequest, record: int) -> HttpResponse:
    """What differs between the version that waits and the one before it, component by component."""
    service = services.service_or_404(request, record)
    draft = queries.open_draft(service)
    if draft is None:
        return HttpResponseRedirect(services.url(request, service))
    return _review_page(request, service, draft)


def _review_page(
    request: OfficeRequest,
    service: PublicService,
    draft: ServiceVersion,
    page: dict[str, Any] | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    before = queries.versions_of(service).first()
    old = before.standard if before else rules.from_json(empty_content(service.name))
    standard = draft.standard
    may_change = services.may_change(request, service)
    is_mine = draft.drafted_by == request.user.actor_name
    names = names_of({draft.drafted_by, draft.submitted_by})
    context = {
        **services.frame(request, service),
        "service": service,
        "draft": draft,
        "before": before,
        "components": text.differences(old, standard),
        "sheet": standards.sheet(standard, "id"),
        "done": rules.done(standard),
        "missing": [text.title_of(one) for one in rules.missing(standard)],
        "waits": draft.state == State.IN_REVIEW,
        "is_mine": is_mine,
        "may_change": may_change,
        "may_publish": may_change and not is_mine and draft.state == State.IN_REVIEW,
        "drafted_by": names.get(draft.drafted_by, draft.drafted_by),
        "submitted_by": names.get(draft.submitted_by, draft.submitted_by),
        "today": services.today_at(request),
        "valid_from": request.POST.get("valid_from", ""),
        "remark": request.POST.get("remark", "")[:LONGEST_REMARK],
        "acts": services_edit.acts_on(request, service),
        **(page or {}),
    }
    return answer(request, "office/service_review.html", "review", context, status=status)


@require_POST
@for_office(Act.READ)
def publish(request: OfficeRequest, record: int) -> HttpResponse:
    """Let the reviewed version hold from a date on."""

    def act(service: PublicService, draft: ServiceVersion) -> str:
        if draft.is_published and draft.published_by == request.user.actor_name:  # a second tap
            return _("%(name)s is published.") % {"name": service.name}
        begins = _date_sent(request.POST.get("valid_from", ""))
        published = actions.publish(
            draft=draft, valid_from=begins, version=version_of(request.POST), by=request.user, at=clock.now()
        )
        return _("Version %(number)d of %(name)s holds from %(day)s.") % {
            "number": published.number,
            "name": service.name,
            "day": date_format(published.valid_from or begins or services.today_at(request), "j F Y"),
        }

    return _act(request, record, act)


class NoDate(Refused):
    """What was typed is no date."""

    status = 422


def _date_sent(said: str) -> date | None:
    if not said.strip():
        return None
    try:
        found = parse_date(said.strip()[:10])
    except ValueError:
        found = None
    if found is None or found.year > 2200:
        raise NoDate(_("“%(text)s” is no date: it looks like 2026-11-24 or 24/11/2026.") % {"text": said[:20]})
    return found


@require_POST
@for_office(Act.READ)
def return_(request: OfficeRequest, record: int) -> HttpResponse:
    """Give the version back with what is to be changed; its writer takes it back so too."""

    def act(service: PublicService, draft: ServiceVersion) -> str:
        remark = request.POST.get("remark", "").replace("\0", "")[:LONGEST_REMARK]
        is_mine = draft.drafted_by == request.user.actor_name
        if is_mine and not remark.strip():
            remark = _("Taken back by its writer.")
        actions.return_to_drafter(
            draft=draft, remark=remark, version=version_of(request.POST), by=request.user, at=clock.now()
        )
        if is_mine:
            return _("%(name)s is a draft again.") % {"name": service.name}
        return _("%(name)s is returned with your remark.") % {"name": service.name}

    return _act(request, record, act)


# ---- Discard, and bring it back ----


@require_POST
@for_office(Act.READ)
def discard(request: OfficeRequest, record: int) -> HttpResponse:
    """Throw the draft away; the news offers to undo it."""
    service = services.service_or_404(request, record, to_change=True)
    try:
        draft = _version_sent(request, service)
        removed = actions.discard_draft(draft=draft, by=request.user, at=clock.now())
    except Refused as refusal:
        return _refused(request, service, refusal)
    undo = reverse("office_service_restore", kwargs={"mall": request.mall.code, "discarded": removed.pk})
    messages.success(request, _("The draft of %(name)s is discarded.") % {"name": service.name}, extra_tags=undo)
    return HttpResponseRedirect(services.url(request, service))


@require_POST
@for_office(Act.READ)
def restore(request: OfficeRequest, discarded: int) -> HttpResponse:
    """Bring a discarded draft back, while no other one was begun."""
    found = get_object_or_404(RemovedRecord, pk=discarded, mall=request.mall.pk, subject__startswith="serviceversion:")
    pk = found.content[0]["fields"].get("service") if found.content else None
    service = services.service_or_404(request, int(pk or 0), to_change=True)
    try:
        actions.restore_kept(mall=request.mall, removed=found, by=request.user, at=clock.now())
    except Refused as refusal:
        messages.error(request, refusal.sentence)
    else:
        messages.success(request, _("The draft of %(name)s is back.") % {"name": service.name})
    return HttpResponseRedirect(services.url(request, service))


# ---- Retire, and bring back ----


class ReasonNeeded(Refused):
    """Nobody said why the service is no longer given."""

    status = 422


@require_http_methods(["GET", "HEAD", "POST"])
@for_office(Act.READ)
def retire(request: OfficeRequest, record: int) -> HttpResponse:
    """Say what follows, ask why, and no longer give a service."""
    service = services.service_or_404(request, record, to_change=True)
    if service.is_retired:
        return HttpResponseRedirect(services.url(request, service))
    queue = services.queue_of(service)
    draft = queries.open_draft(service)
    reason = request.POST.get("reason", "").replace("\0", "").strip()[:200]
    page: dict[str, Any] = {}
    if request.method == "POST":
        try:
            _retire(request, service, reason)
        except Refused as refusal:
            service.refresh_from_db()
            page = {"refusal": refusal}
        else:
            undo = services.url(request, service, "bring_back")
            messages.success(request, _("%(name)s is no longer given.") % {"name": service.name}, extra_tags=undo)
            return HttpResponseRedirect(services.url(request, service))
    consequences = [
        _("Visitors no longer find it. Whoever holds a link to one of its versions still reads that version."),
        (
            _("Queue %(prefix)s (%(queue)s) no longer takes it, and no numbers are given for it.")
            % {"prefix": queue.prefix, "queue": queue.name}
            if queue
            else _("No queue takes it.")
        ),
    ]
    if holders := services.holders_of(service, services.today_at(request)):
        consequences.append(
            ngettext(
                "%(count)d visitor holds a number for it today and is still served.",
                "%(count)d visitors hold a number for it today and are still served.",
                holders,
            )
            % {"count": holders}
        )
    if draft is not None:
        consequences.append(_("Its draft stays, but can only be published once the service is brought back."))
    page |= {
        **services.frame(request, service),
        "service": service,
        "consequences": consequences,
        "reason": reason,
        "cancel_url": services.url(request, service),
    }
    refused = page.get("refusal")
    return answer(request, "office/service_retire.html", "retire", page, status=refused.status if refused else 200)


@transaction.atomic
def _retire(request: OfficeRequest, service: PublicService, reason: str) -> None:
    if not reason:
        raise ReasonNeeded(_("Please write why it is no longer given."))
    at = clock.now()
    services.let_queue_take(service, None, seen=services.queue_of(service), by=request.user, at=at)
    actions.retire_service(service=service, version=version_of(request.POST), by=request.user, at=at, reason=reason)


@require_POST
@for_office(Act.READ)
def bring_back(request: OfficeRequest, record: int) -> HttpResponse:
    """Give a service again that was retired."""
    service = services.service_or_404(request, record, to_change=True)
    try:
        actions.bring_back_service(service=service, by=request.user, at=clock.now())
    except Refused as refusal:
        return _refused(request, service, refusal)
    messages.success(request, _("%(name)s is given again. Choose the queue that takes it.") % {"name": service.name})
    return HttpResponseRedirect(services.url(request, service))


# ---- Versions ----


@require_safe
@for_office(Act.READ)
def versions(request: OfficeRequest, record: int) -> HttpResponse:
    """Every version of a service, newest first, and a choice of two to compare."""
    service = services.service_or_404(request, record)
    found = list(queries.versions_of(service).defer("content"))
    draft = queries.open_draft(service)
    names = names_of({name for one in found for name in (one.drafted_by, one.published_by)})
    today = services.today_at(request)
    page = {
        **services.frame(request, service),
        "service": service,
        "draft": draft,
        "versions": [
            {
                "version": one,
                "state": _stage(one, today),
                "drafted_by": names.get(one.drafted_by, one.drafted_by),
                "published_by": names.get(one.published_by, one.published_by),
                "url": services.url(request, service, "version", version=one.number),
            }
            for one in found
        ],
        "compare_url": services.url(request, service, "compare"),
        "acts": services_edit.acts_on(request, service),
    }
    return answer(request, "office/service_versions.html", "versions", page)


def _stage(version: ServiceVersion, today: date) -> dict[str, Any]:
    """How a published version stands on a date: a word and its tone."""
    assert version.valid_from is not None  # a published version has its first day
    if version.valid_until is not None and version.valid_until < version.valid_from:
        return {"word": _("never began"), "tone": "plain"}
    if version.valid_until is not None and version.valid_until < today:
        return {"word": _("replaced"), "tone": "plain"}
    if version.valid_from > today:
        return {"word": _("to come"), "tone": "nila"}
    return {"word": _("in force"), "tone": "lumut"}


@require_safe
@for_office(Act.READ)
def version(request: OfficeRequest, record: int, version: int) -> HttpResponse:
    """One published version as it was and stays."""
    service = services.service_or_404(request, record)
    found = get_object_or_404(ServiceVersion, service=service, number=version)
    names = names_of({found.drafted_by, found.published_by})
    page = {
        **services.frame(request, service),
        "service": service,
        "version": found,
        "state": _stage(found, services.today_at(request)),
        "sheet": standards.sheet(found.standard, "id"),
        "internal": services_edit.internal(found.standard),
        "drafted_by": names.get(found.drafted_by, found.drafted_by),
        "published_by": names.get(found.published_by, found.published_by),
        "acts": services_edit.acts_on(request, service),
    }
    return answer(request, "office/service_version.html", "version", page)


@require_safe
@for_office(Act.READ)
def compare(request: OfficeRequest, record: int) -> HttpResponse:
    """What differs between two versions of a service; without a choice, between the last two."""
    service = services.service_or_404(request, record)
    offered: dict[str, ServiceVersion] = {str(one.number): one for one in queries.versions_of(service)}
    if draft := queries.open_draft(service):
        offered = {"draft": draft, **offered}
    newest = list(offered)
    after = request.GET.get("after", newest[0] if newest else "")
    before = request.GET.get("before", newest[1] if len(newest) > 1 else after)
    if newest and not {after, before} <= set(offered):
        raise Http404
    page = {
        **services.frame(request, service),
        "service": service,
        "choices": [
            (key, _("draft") if key == "draft" else _("version %(number)s") % {"number": key}) for key in offered
        ],
        "before": before,
        "after": after,
        "components": text.differences(offered[before].standard, offered[after].standard) if newest else [],
        "acts": services_edit.acts_on(request, service),
    }
    return answer(request, "office/service_compare.html", "compare", page)


# ---- What changed at the mall ----


@require_safe
@for_office(Act.READ, Act.SERVE, Act.RECEIVE)
def changes(request: OfficeRequest) -> HttpResponse:
    """What was published at the mall in the last 90 days, newest first, for everyone who works there."""
    today = services.today_at(request)
    since = today - timedelta(days=CHANGED_DAYS)
    found = ServiceVersion.objects.filter(
        service__mall=request.mall, state=State.PUBLISHED, valid_from__gte=since
    ).select_related("service__agency")
    agencies = [(str(one.pk), one.short_name) for one in agencies_at(request.mall)]
    agency = request.GET.get("agency", "")
    if agency in dict(agencies):
        found = found.filter(service__agency=int(agency))
    else:
        agency = ""
    pages = Paginator(found.order_by("-valid_from", "-published_at", "-pk"), PAGE)
    shown = pages.get_page(request.GET.get("page"))
    entries = _changed(list(shown), today)
    reads = request.standing.may_somewhere(Act.READ)
    own = request.standing.agencies(Act.READ)
    for one in entries:
        service = one["version"].service
        one["url"] = (
            services.url(request, service, "versions") if reads and (own is None or service.agency_id in own) else ""
        )
    page = {
        **sections.frame(request, "service-changes"),
        "frame": "office/frame.html" if reads else "ui/base.html",
        "entries": entries,
        "page": shown,
        "pages": pages.get_elided_page_range(shown.number, on_each_side=1, on_ends=1),
        "agencies": agencies,
        "agency": agency,
        "days": CHANGED_DAYS,
    }
    return answer(request, "office/service_changes.html", "changes", page)


def _changed(found: list[ServiceVersion], today: date) -> list[dict[str, Any]]:
    """Versions with what differs from the one before each; the ones before come in one statement."""
    wanted = {(one.service_id, (one.number or 0) - 1) for one in found}
    earlier = ServiceVersion.objects.filter(
        service__in={pk for pk, _number in wanted}, number__in={number for _pk, number in wanted}
    )
    before = {(one.service_id, one.number): one for one in earlier}
    entries = []
    for one in found:
        old = before.get((one.service_id, (one.number or 0) - 1))
        components = text.differences(old.standard, one.standard) if old else []
        entries.append(
            {
                "version": one,
                "is_new": old is None,
                "is_to_come": one.valid_from is not None and one.valid_from > today,
                "components": [component for component in components if component.key != "popularity"],
            }
        )
    return entries
