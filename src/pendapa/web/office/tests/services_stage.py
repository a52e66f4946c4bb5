"""What the tests of services share: services in every state, and the fields of a form as a browser sends it."""

from collections.abc import Mapping
from datetime import date
from html.parser import HTMLParser
from typing import Any

from pendapa.base import clock
from pendapa.directory.accounts.models import User
from pendapa.directory.catalogue import actions
from pendapa.directory.catalogue.models import PublicService, ServiceVersion
from pendapa.directory.catalogue.tests.make import full_content
from pendapa.directory.malls.models import Agency, Mall


def url(mall: Mall, rest: str = "") -> str:
    return f"/office/{mall.code}/services/{rest}"


def published(
    mall: Mall,
    agency: Agency,
    slug: str = "akta-kelahiran",
    content: Mapping[str, Any] | None = None,
    valid_from: date | None = None,
) -> PublicService:
    """A service with a version in force, which neither of the tests' people wrote or reviewed."""
    return actions.put_service(
        mall=mall,
        agency=agency,
        slug=slug,
        content=content or full_content(),
        by="user:8001",
        reviewed_by="user:8002",
        at=clock.now(),
        valid_from=valid_from,
    )


def drafted(service: PublicService, by: User, **parts: Any) -> ServiceVersion:
    """A draft that somebody wrote."""
    at = clock.now()
    draft = actions.draft_version(service=service, by=by, at=at)
    actions.save_draft(draft=draft, content={**draft.content, **parts}, version=None, by=by, at=at)
    draft.refresh_from_db()
    return draft


def submitted(service: PublicService, by: User, **parts: Any) -> ServiceVersion:
    """A version that waits for its review."""
    return actions.submit(draft=drafted(service, by, **parts), version=None, by=by, at=clock.now())


class _Fields(HTMLParser):
    """The fields of one form."""

    def __init__(self, form: str) -> None:
        super().__init__()
        self.form = form
        self.is_within = False
        self.sent: dict[str, list[str]] = {}
        self.name = ""
        self.said = ""
        self.first_option: str | None = None
        self.chosen: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {key: value or "" for key, value in attrs}
        if tag == "form" and named.get("id") == self.form:
            self.is_within = True
        if not self.is_within or (tag != "option" and "name" not in named):
            return
        match tag:
            case "input" if named.get("type") not in {"checkbox", "radio"} or "checked" in named:
                self.sent.setdefault(named["name"], []).append(named.get("value", ""))
            case "textarea" | "select":
                self.name, self.said, self.first_option, self.chosen = named["name"], "", None, None
            case "option":
                if self.first_option is None:
                    self.first_option = named["value"]
                if "selected" in named:
                    self.chosen = named["value"]

    def handle_data(self, data: str) -> None:
        self.said += data

    def handle_endtag(self, tag: str) -> None:
        if not self.is_within:
            return
        if tag == "textarea":
            self.sent.setdefault(self.name, []).append(self.said.removeprefix("\n"))
        if tag == "select":
            self.sent.setdefault(self.name, []).append(
                self.chosen if self.chosen is not None else self.first_option or ""
            )
        if tag == "form":
            self.is_within = False


def fields_of(page: str, form: str = "service-form") -> dict[str, Any]:
    """What a browser would send of a form as it stands on a page."""
    reader = _Fields(form)
    reader.feed(page)
    return {
        name: values if len(values) > 1 else values[0]
        for name, values in reader.sent.items()
        if name != "csrfmiddlewaretoken"
    }
