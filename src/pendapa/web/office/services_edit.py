"""One service: its draft is written beside what visitors will read, and its page for those who only look."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpResponse, HttpResponseRedirect, QueryDict
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from pendapa.base import clock
from pendapa.base.errors import Refused
from pendapa.base.records import queries as records
from pendapa.directory.accounts.rules import Act
from pendapa.directory.catalogue import actions, queries, rules
from pendapa.directory.catalogue.models import PublicService, ServiceVersion, empty_content
from pendapa.directory.catalogue.rules import Faulty, Standard, State
from pendapa.directory.malls.models import Agency
from pendapa.operations.queueing.models import Queue
from pendapa.web.office import keeping, services
from pendapa.web.office import services_text as text
from pendapa.web.office.access import OfficeRequest, for_office
from pendapa.web.office.agencies import agencies_for
from pendapa.web.office.histories import Line, lines_of, names_of
from pendapa.web.office.lists import url_of
from pendapa.web.office.places import offer
from pendapa.web.office.services_form import Editor, content_of, focus_of, is_rows_act, part_of
from pendapa.web.pages import answer
from pendapa.web.ui import standards

RECENT = 5  # entries of the history beside the page
LANGUAGES = {"id": gettext_lazy("Indonesian"), "en": gettext_lazy("English")}


class WrittenMeanwhile(Refused):
    """Somebody else saved the draft, or published a version, after this page was opened."""


# ---- A new service ----


class NewService(forms.Form):
    """What a service begins with."""

    agency = forms.ModelChoiceField(Agency.objects.none(), label=gettext_lazy("Agency"))
    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=160, help_text=gettext_lazy("In Indonesian, as visitors say it.")
    )

    def __init__(self, request: OfficeRequest, fields: QueryDict | None) -> None:
        super().__init__(fields)
        offer(self, "agency", agencies_for(request, Act.MANAGE))
        own = request.standing.agencies(Act.MANAGE)
        if own is not None and len(own) == 1:
            self.initial["agency"] = next(iter(own))


@require_http_methods(["GET", "HEAD", "POST"])
@for_office(Act.READ)
def add(request: OfficeRequest) -> HttpResponse:
    """A new service: whose it is and what it is called; all else is written in its draft."""
    if not services.may_change(request, None):
        raise Http404
    sent = request.POST if request.method == "POST" else None
    kept = keeping.take(request) if sent is None else None
    form = NewService(request, sent if sent is not None else kept)
    if sent is not None and form.is_valid():
        at = clock.now()
        typed = form.cleaned_data
        name = " ".join(typed["name"].split())
        with transaction.atomic():
            service = actions.service_named(
                mall=request.mall, agency=typed["agency"], name=name, by=request.user, at=at
            )
            actions.draft_version(service=service, by=request.user, at=at)
        messages.success(request, _("%(name)s can be written now.") % {"name": service.name})
        return HttpResponseRedirect(services.url(request, service))
    page = {
        **services.frame(request),
        "form": form,
        "was_kept": kept is not None,
        "list_url": services.list_url(request),
    }
    return answer(request, "office/service_new.html", "new", page, status=422 if sent is not None else 200)


# ---- One service ----


@require_http_methods(["GET", "HEAD", "POST"])
@for_office(Act.READ)
def show(request: OfficeRequest, record: int) -> HttpResponse:
    """A service: its draft to write in, or what is known of it for those who may not, or not now, write."""
    service = services.service_or_404(request, record)
    may_change = services.may_change(request, service)
    if request.method == "POST" and not may_change:
        raise Http404
    draft = queries.open_draft(service)
    is_written = may_change and not service.is_retired and (draft is None or draft.state == State.DRAFT)
    if request.method == "POST":
        return _sent(request, service, draft)
    kept = keeping.take(request)
    if kept is not None and may_change:
        return _editor(request, service, draft, content_of(kept), {"was_kept": True}, fields=kept)
    if not is_written:
        return looked_at(request, service)
    return _editor(request, service, draft, _held(service, draft))


def _held(service: PublicService, draft: ServiceVersion | None) -> dict[str, Any]:
    """The content that an editor begins with: that of the draft, or of what was published last."""
    version = draft or queries.versions_of(service).first()
    held: dict[str, Any] = version.content if version else empty_content(service.name)
    return held


def _sent(request: OfficeRequest, service: PublicService, draft: ServiceVersion | None) -> HttpResponse:
    """Save the draft; or only carry out a button for rows, or look at what was typed."""
    content = content_of(request.POST)
    act = request.POST.get("act", "")
    if is_rows_act(request.POST):
        return _editor(request, service, draft, content, {"focus": focus_of(request.POST, content)})
    try:
        standard = rules.from_json(content)
        if act == "look":
            return _editor(request, service, draft, content)
        saved = _save(request, service, standard)
        if act == "submit" and saved is not None:
            actions.submit(draft=saved, version=saved.version, by=request.user, at=clock.now())
    except Faulty as faulty:
        status = 200 if act == "look" else faulty.status
        return _editor(request, service, draft, content, faults=faulty.faults, status=status)
    except WrittenMeanwhile as refusal:
        return _conflict(request, service, content, refusal)
    except (Refused, ValidationError) as error:
        refused = error if isinstance(error, Refused) else Refused(" ".join(error.messages))
        page = {"refusal": refused, "is_saved": isinstance(error, actions.Incomplete)}
        return _editor(request, service, queries.open_draft(service), content, page, status=refused.status)
    return _saved(request, service, act)


def _saved(request: OfficeRequest, service: PublicService, act: str) -> HttpResponse:
    if act == "submit":
        messages.success(request, _("%(name)s is submitted. A second person reviews it.") % {"name": service.name})
        return HttpResponseRedirect(services.url(request, service, "review"))
    messages.success(request, _("The draft of %(name)s is saved.") % {"name": service.name})
    return HttpResponseRedirect(services.url(request, service))


@transaction.atomic
def _save(request: OfficeRequest, service: PublicService, standard: Standard) -> ServiceVersion | None:
    """Save what was typed over what the page showed, and the queue that takes the service.

    The form names the content it began with by its fingerprint. Whoever sends what stands there already has saved it.
    Returns None where nothing differs from what is published, so that no empty draft is begun.
    """
    at = clock.now()
    written = rules.to_json(standard)
    before = queries.open_draft(service)
    present = _held(service, before)
    submits = request.POST.get("act") == "submit"
    saved: ServiceVersion | None = before
    if rules.digest(written) != rules.digest(present):
        saved = actions.draft_version(service=service, by=request.user, at=at)  # the service is locked from here on
        if saved.digest != request.POST.get("seen", "") and saved.digest != rules.digest(written):
            raise WrittenMeanwhile(
                _("%(name)s was changed by someone else while you were editing it.") % {"name": service.name},
                record=saved.pk if before is not None else None,
            )
        actions.save_draft(draft=saved, content=standard, version=saved.version, by=request.user, at=at)
    elif before is not None and before.state != State.DRAFT:
        raise actions.NotADraft(_("This version is in review. Have it returned before you change it."))
    _save_queue(request, service, at)
    if submits and saved is None:
        raise Refused(_("Nothing differs from what is published, so there is nothing to review."))
    return saved


def _save_queue(request: OfficeRequest, service: PublicService, at: datetime) -> None:
    """Give the service to the queue that was chosen, if another one was chosen than the page showed."""
    if "queue" not in request.POST:
        return
    offered: dict[str, Queue | None] = {"": None, **{str(one.pk): one for one in services.queues_for(service)}}
    chosen, seen = request.POST.get("queue", ""), request.POST.get("queue_seen", "")
    if chosen == seen:
        return
    if chosen not in offered:
        raise Refused(_("This queue takes no services of this agency."))
    services.let_queue_take(service, offered[chosen], seen=offered.get(seen), by=request.user, at=at)


def _conflict(
    request: OfficeRequest, service: PublicService, content: dict[str, Any], refusal: WrittenMeanwhile
) -> HttpResponse:
    """What stands there now beside what was typed; saving again then goes over it knowingly."""
    draft = queries.open_draft(service)
    theirs, yours = rules.from_json(_held(service, draft)), rules.from_json(content)
    change = records.last_change(draft) if draft else None
    published = queries.versions_of(service).first()
    actor = change.actor if change else published.published_by if published else ""
    at = change.at if change else published.published_at if published else None
    conflict = {
        "by": names_of([actor]).get(actor, ""),
        "at": parse_datetime(at) if isinstance(at, str) else at,
        "differences": [
            {"title": title, "theirs": old or "\N{EN DASH}", "yours": new or "\N{EN DASH}"}
            for title, old, new in text.flat(theirs, yours)[:40]
        ],
    }
    return _editor(
        request, service, draft, content, {"refusal": refusal, "conflict": conflict, "is_over": True}, status=409
    )


def _editor(
    request: OfficeRequest,
    service: PublicService,
    draft: ServiceVersion | None,
    content: dict[str, Any],
    page: dict[str, Any] | None = None,
    *,
    faults: Any = None,
    fields: QueryDict | None = None,
    status: int = 200,
) -> HttpResponse:
    page = dict(page or {})
    typed = fields if fields is not None else request.POST if request.method == "POST" else None
    said = typed if typed is not None else QueryDict()
    editor = Editor(content, faults or {})
    present = rules.digest(_held(service, draft))
    is_over = page.get("is_over") or page.get("is_saved") or typed is None
    queue = services.queue_of(service)
    published = queries.versions_of(service).first()
    preview = _preview_of(content)
    language = _language(typed)
    context = {
        **services.frame(request),
        "service": service,
        "draft": draft,
        "published": published,
        "editor": editor,
        "seen": present if is_over else said.get("seen", ""),
        "queues": services.queues_for(service),
        "queue_chosen": str(queue.pk if queue else "") if typed is None else said.get("queue", ""),
        "queue_seen": str(queue.pk if queue else "") if is_over else said.get("queue_seen", ""),
        "untranslated": text.untranslated(preview) if preview else [],
        "sheet": standards.sheet(preview, language) if preview else None,
        "preview_language": language,
        "languages": LANGUAGES,
        "discarded": services.discarded(service) if draft is None else None,
        "lines": _history(request, service, draft),
        "acts": acts_on(request, service),
        "list_url": services.list_url(request),
        **page,
    }
    part = part_of(request.POST) if request.htmx and request.method == "POST" and is_rows_act(request.POST) else ""
    if part and (group := editor.group(part)):
        return answer(
            request,
            "office/service_group.html",
            "group",
            {"group": group, "focus": page.get("focus"), "service": service},
        )
    return answer(request, "office/service_edit.html", "editor", context, status=status)


_VERBS = {
    **services.SERVICES.verbs,
    "serviceversion.added": gettext_lazy("began the draft"),
    "serviceversion.changed": gettext_lazy("wrote in the draft"),
    "serviceversion.submitted": gettext_lazy("submitted it for review"),
    "serviceversion.returned": gettext_lazy("returned it"),
    "serviceversion.published": gettext_lazy("published it"),
}


def _history(request: OfficeRequest, service: PublicService, draft: ServiceVersion | None) -> list[Line]:
    """The newest of what was done with the draft, or else with the service; what it changed stands on its own page."""
    found: list[Line] = []
    for line in lines_of(draft or service, request.place, _VERBS):
        if found and (line.who, line.at) == (found[-1].who, found[-1].at):
            continue  # an act and the change that it made are one
        found.append(replace(line, changes=[]))
    return found[:RECENT]


def acts_on(request: OfficeRequest, service: PublicService) -> dict[str, str]:
    """The addresses of what can be done with a service."""
    found = {
        act: services.url(request, service, act)
        for act in ("preview", "review", "submit", "publish", "return", "discard", "versions", "retire", "bring_back")
    }
    return {
        **found,
        "edit": services.url(request, service),
        "history": url_of(request, services.SERVICES, service, "history"),
    }


# ---- What a visitor will read ----


@require_POST
@for_office(Act.READ)
def preview(request: OfficeRequest, record: int) -> HttpResponse:
    """What was typed, as visitors would read it, with what is still missing. Nothing is saved."""
    service = services.service_or_404(request, record, to_change=True)
    content = content_of(request.POST)
    standard = _preview_of(content)
    language = _language(request.POST)
    page = {
        "service": service,
        "editor": Editor(content),
        "sheet": standards.sheet(standard, language) if standard else None,
        "preview_language": language,
        "languages": LANGUAGES,
        "untranslated": text.untranslated(standard) if standard else [],
        "acts": acts_on(request, service),
        "mall": request.mall,
    }
    return answer(request, "office/service_preview.html", "preview", page)


def _language(fields: Any) -> str:
    asked = (fields or {}).get("preview_language", "")
    return asked if asked in LANGUAGES else "id"


def _preview_of(content: dict[str, Any]) -> Standard | None:
    """A content as far as it can be read: what does not fit is left out, part by part."""
    whole = dict(content)
    for _attempt in range(8):
        try:
            return rules.from_json(whole)
        except Faulty as faulty:
            wrong = {path.partition(".")[0].partition("[")[0] for path in faulty.faults}
            for name in wrong:
                whole[name] = _without(whole.get(name), [path for path in faulty.faults if path.startswith(name)], name)
            if "name" in wrong and not whole.get("name"):
                whole["name"] = {"id": "\N{HORIZONTAL ELLIPSIS}"}
            whole = {name: value for name, value in whole.items() if value is not None}
    return None


def _without(value: Any, paths: list[str], name: str) -> Any:
    """A part without its items that do not fit; nothing of it where that cannot be told."""
    numbers = {path[len(name) + 1 :].partition("]")[0] for path in paths if path.startswith(f"{name}[")}
    if isinstance(value, list) and numbers and all(one.isdigit() for one in numbers):
        return [one for place, one in enumerate(value) if str(place) not in numbers]
    if name == "fee" and isinstance(value, dict) and "free" in value and not value.get("free"):
        wrong = {path.partition("[")[2].partition("]")[0] for path in paths}
        return {**value, "lines": [one for place, one in enumerate(value.get("lines", [])) if str(place) not in wrong]}
    return None


# ---- For those who look ----


def looked_at(
    request: OfficeRequest, service: PublicService, page: dict[str, Any] | None = None, *, status: int = 200
) -> HttpResponse:
    """All that is known of a service, in words, with the way it is on."""
    draft = queries.open_draft(service)
    today = services.today_at(request)
    version = queries.version_on(service, today)
    shown = version or draft or queries.versions_of(service).first()
    standard = shown.standard if shown else rules.from_json(empty_content(service.name))
    upcoming = queries.versions_of(service).filter(valid_from__gt=today).exclude(valid_until__lt=today).first()
    may_change = services.may_change(request, service)
    context = {
        **services.frame(request),
        "service": service,
        "draft": draft,
        "version": version,
        "upcoming": upcoming,
        "sheet": standards.sheet(standard, "id"),
        "internal": internal(standard),
        "done": rules.done(standard),
        "queue": services.queue_of(service),
        "may_change": may_change,
        "reason": services.why_retired(service) if service.is_retired else "",
        "waits": draft is not None and draft.state == State.IN_REVIEW,
        "lines": _history(request, service, draft),
        "acts": acts_on(request, service),
        **(page or {}),
    }
    return answer(request, "office/service.html", "service", context, status=status)


def internal(standard: Standard) -> list[dict[str, Any]]:
    """The eight components that are not published, in words, and the decree."""
    found = []
    for number, key in enumerate(rules.INTERNAL, start=7):
        value = getattr(standard, key)
        words = list(value) if isinstance(value, tuple) else [str(value)] if value else []
        found.append({"number": number, "title": text.title_of(key), "words": words})
    return found
