import gettext
from pathlib import Path

import pytest

from pendapa.server import messages

HEAD = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n\n'
PYTHON = """
title = _("Take a number")
other = pgettext_lazy("counter", "open")
many = ngettext("%(n)d person", "%(n)d people", n)
"""
TEMPLATE = """
{% translate "Choose a service" %}
{% translate "closed" context "counter" %}
{% include "x.html" with title=_("Called now") %}
{% blocktranslate with name=queue.name trimmed %}
  Please go to
  {{ name }}, 100%
{% endblocktranslate %}
{% blocktranslate count n=ahead %}{{ n }} person{% plural %}{{ n }} people{% endblocktranslate %}
"""


@pytest.fixture
def parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty catalogue and an empty source tree."""
    monkeypatch.setattr(messages, "LOCALE", tmp_path / "id")
    monkeypatch.setattr(messages, "SOURCE", tmp_path / "src" / "pendapa")
    (tmp_path / "src" / "pendapa").mkdir(parents=True)
    folder = tmp_path / "id" / "parts"
    folder.mkdir(parents=True)
    return folder


def test_every_way_to_mark_a_sentence_is_found(parts: Path) -> None:
    (messages.SOURCE / "views.py").write_text(PYTHON)
    (messages.SOURCE / "page.html").write_text(TEMPLATE)
    assert {(message.context, message.text) for message in messages.sentences()} == {
        (None, "Take a number"),
        ("counter", "open"),
        (None, "%(n)d person"),
        (None, "Choose a service"),
        ("counter", "closed"),
        (None, "Called now"),
        (None, "Please go to %(name)s, 100%%"),
        (None, "%(n)s person"),
    }


def test_a_sentence_without_indonesian_is_named_with_its_place(parts: Path) -> None:
    (messages.SOURCE / "views.py").write_text('\n_("Take a number")\n_("Go")\n')
    (parts / "a.po").write_text(HEAD + 'msgid "Go"\nmsgstr "Ayo"\n')
    assert messages.missing() == ["pendapa/views.py:2: no Indonesian for 'Take a number'"]


def test_parts_must_agree(parts: Path) -> None:
    (parts / "a.po").write_text(HEAD + 'msgid "Go"\nmsgstr "Ayo"\n')
    (parts / "b.po").write_text(HEAD + 'msgid "Go"\nmsgstr "Mari"\n')
    assert messages.disagreements() == ["b.po: 'Go' is translated differently in a.po"]


def test_a_lost_placeholder_is_found(parts: Path) -> None:
    (parts / "a.po").write_text(HEAD + 'msgid "At %(time)s"\nmsgstr "Pukul"\n')
    assert len(messages.disagreements()) == 1


def test_the_parts_become_one_catalogue(parts: Path, tmp_path: Path) -> None:
    (parts / "a.po").write_text(HEAD + 'msgid "Go"\nmsgstr "Ayo"\n', "utf-8")
    (parts / "b.po").write_text(HEAD + 'msgctxt "counter"\nmsgid "open"\nmsgstr "buka"\n', "utf-8")
    messages.compile_catalogue(tmp_path / "LC_MESSAGES" / "django.mo")
    with (tmp_path / "LC_MESSAGES" / "django.mo").open("rb") as compiled:
        catalogue = gettext.GNUTranslations(compiled)
    assert catalogue.gettext("Go") == "Ayo"
    assert catalogue.pgettext("counter", "open") == "buka"


def test_our_own_catalogue_is_complete_and_agrees() -> None:
    assert messages.disagreements() == []
    assert messages.missing() == []
