"""A stage, a browser that complains, and the gallery of components played on the stage."""

from collections.abc import Iterator

import pytest
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage
from pytest_django import Settings

from pendapa.web.ui import context
from pendapa.web.ui.tests.stage import Stage, stage


@pytest.fixture
def play() -> Iterator[Stage]:
    with stage() as it:
        yield it


@pytest.fixture
def window(browser: Browser) -> Iterator[BrowserContext]:
    """A fresh browser profile; whatever it complains about fails the test."""
    complaints: list[str] = []
    opened = browser.new_context()
    opened.on("weberror", lambda error: complaints.append(str(error.error)))

    def read(line: ConsoleMessage) -> None:
        if "Content Security Policy" in line.text:
            complaints.append(line.text)

    opened.on("console", read)
    yield opened
    opened.close()
    assert complaints == []


@pytest.fixture
def gallery(play: Stage, client: Client, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of the gallery on the stage."""
    settings.DEMO = True
    monkeypatch.setattr(context, "_shown_time", lambda: None)  # the demo's clock stands in the database
    play.pages["/gallery/"] = client.get("/gallery/", HTTP_ACCEPT_LANGUAGE="id").content.decode()
    return f"{play.url}/gallery/"
