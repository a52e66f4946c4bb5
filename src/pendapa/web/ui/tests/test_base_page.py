"""The frame that all pages share: what it weighs, what it allows, what it says."""

import gzip
import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.http import HttpResponse
from django.template import Context, Template
from django.test import Client, RequestFactory
from django.utils.module_loading import import_string
from pytest_django import Settings

from pendapa.web.ui import context

BUDGET = 150_000  # bytes of the first page of the portal, all included


@pytest.fixture
def page(client: Client, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The gallery as the example of a page."""
    settings.DEMO = True
    monkeypatch.setattr(context, "_shown_time", lambda: None)  # the demo's clock stands in the database
    return client.get("/gallery/", HTTP_ACCEPT_LANGUAGE="en")


def test_the_policy_allows_scripts_and_styles_of_our_own_only(page: Any) -> None:
    directives = [part.split() for part in page["Content-Security-Policy"].split(";")]
    policy = {name: " ".join(sources) for name, *sources in directives}
    assert policy["script-src"] == "'self'"
    assert policy["style-src"] == "'self'"


def test_the_frame_leaves_most_of_the_first_pages_weight_to_the_page(page: Any) -> None:
    html = page.content.decode()
    urls = set(re.findall(r'(?:src|href)="/static/([^"#]+)', html.split("<main")[0]))
    urls -= {"office/office.css"}  # the gallery shows staff pages, too; no citizen's page loads their styles
    weight = 0
    for url in urls:
        data = Path(str(finders.find(url))).read_bytes()
        weight += len(data) if url.endswith(".woff2") else len(gzip.compress(data))
    icons = Path(str(finders.find("ui/vendor/bootstrap-icons/icons.svg"))).read_bytes()
    weight += len(gzip.compress(icons))
    assert weight < BUDGET * 0.75


def test_nothing_comes_from_another_host(page: Any) -> None:
    assert not re.search(r'(?:src|href|action)="(?:https?:)?//', page.content.decode())


def test_the_language_is_changed_by_a_plain_form(page: Any) -> None:
    html = page.content.decode()
    form = re.search(r'<form class="pd-language" method="post" action="/language/">.*?</form>', html, re.S)
    assert form
    assert 'value="id"' in form[0]
    assert "csrfmiddlewaretoken" not in form[0]  # caches keep it for everybody


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 302),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "http://testserver"}, 302),
        ({"Origin": "http://testserver"}, 302),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "http://elsewhere.example"}, 403),
        ({"Origin": "null"}, 403),
    ],
)
@pytest.mark.django_db
def test_the_language_is_changed_from_pages_of_this_site_alone(headers: dict[str, str], status: int) -> None:
    browser = Client(enforce_csrf_checks=True, headers=headers)
    assert browser.post("/language/", {"language": "en", "next": "/gallery/"}).status_code == status


def test_a_demo_says_so_in_every_language(page: Any) -> None:
    html = page.content.decode()
    assert "CONTOH, bukan data resmi" in html
    assert "Example, not official data" in html


def test_a_real_installation_has_no_gallery_and_no_demo_banner(settings: Settings) -> None:
    settings.DEMO = False
    request = RequestFactory().get("/")
    banner = Template('{% include "ui/components/demo_banner.html" %}')
    assert "CONTOH" not in banner.render(Context(context.page(request)))


@pytest.mark.parametrize(
    ("headers", "whole"),
    [
        ({}, True),
        ({"HX-Request": "true"}, False),
        ({"HX-Request": "true", "HX-Boosted": "true"}, True),
        ({"HX-Request": "true", "HX-History-Restore-Request": "true"}, True),
    ],
)
def test_htmx_gets_the_part_and_everyone_else_the_page(
    headers: dict[str, str], whole: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    # By name: `pages` stands above `ui`, where its templates are.
    answer: Any = import_string("pendapa.web.pages.answer")
    htmx: Any = import_string("django_htmx.middleware.HtmxMiddleware")
    seen: list[str] = []

    def render(request: object, template: str, context: object, status: int) -> HttpResponse:
        seen.append(template)
        return HttpResponse(status=status)

    monkeypatch.setattr("pendapa.web.pages.render", render)
    request = RequestFactory().get("/", headers=headers)
    response = htmx(lambda request: answer(request, "a.html", "part", {}, status=422))(request)
    assert seen == ["a.html" if whole else "a.html#part"]
    assert response.status_code == 422
    assert "HX-Request" in response["Vary"]
