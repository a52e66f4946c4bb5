"""The database is away: every page and every call says so in kind words, and none of them takes it for a bug."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.core.cache import cache
from django.db import InterfaceError, OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper

from tests.architecture.audiences import is_posted
from tests.failure.stage import Hall, addresses, callers, fill, make_hall, nobody, person, places

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

ERRORS = pytest.mark.parametrize("error", [OperationalError, InterfaceError], ids=["does not answer", "broke off"])
PAGE = {
    "id": ("Maaf, sistem belum dapat menjawab saat ini.", "Silakan coba lagi beberapa detik lagi."),
    "en": ("Sorry, the system cannot answer at this moment.", "Please try again in a few seconds."),
}
DETAIL = {"id": "Maaf, sistem belum dapat menjawab saat ini.", "en": PAGE["en"][0]}
MACHINES = ("healthz", "readyz", "metrics")  # they speak of the database in their own way


@pytest.fixture
def hall() -> Hall:
    return make_hall()


@contextmanager
def away(error: type[Exception]) -> Iterator[None]:
    """While it lasts, nobody reaches the database."""

    def refuse(*_args: object, **_rest: object) -> None:
        raise error("the server closed the connection unexpectedly")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseDatabaseWrapper, "ensure_connection", refuse)
        yield


@ERRORS
@pytest.mark.parametrize("language", PAGE)
def test_every_route_says_so_in_the_readers_language(hall: Hall, error: type[Exception], language: str) -> None:
    values, heard = places(hall), 0
    cache.clear()
    for caller in callers(hall):
        caller.headers["Accept-Language"] = language
        with away(error):
            for route, register in addresses():
                if route in MACHINES:
                    continue
                path = fill(route, {**values, **register})
                answers = [caller.get(path)]
                if is_posted(route) or route.startswith(("desk/", "kiosk/")):
                    answers.append(caller.post(path, {"key": "0" * 32, "service": values["slug"], "code": "A"}))
                for answer in answers:
                    what = f"{caller.name} at {path}: {answer.status_code}"
                    assert answer.status_code < 500 or answer.status_code == 503, what
                    if answer.status_code != 503:
                        continue
                    heard += 1
                    assert int(answer["Retry-After"]) > 0, what
                    if route.startswith("api/"):
                        problem = json.loads(answer.content)
                        assert answer["Content-Type"] == "application/problem+json", what
                        assert (problem["status"], problem["code"]) == (503, "outage"), what
                        assert problem["detail"].startswith(DETAIL[language]), what
                        assert problem["reference"] == answer["X-Request-ID"], what
                    else:
                        text = answer.content.decode()
                        assert all(sentence in text for sentence in PAGE[language]), what
                        assert answer["X-Request-ID"] in text, what
                        assert "no-store" in answer["Cache-Control"], what
    assert heard > 100


def test_the_page_of_an_outage_needs_neither_session_nor_user(hall: Hall) -> None:
    officer = person("officer", hall.officer)
    with away(OperationalError):
        answer = officer.get("/desk/")
        assert (answer.status_code, answer.cookies) == (503, {})
        assert nobody().get("/nothing/here/").status_code == 404
    assert officer.get("/desk/").status_code == 302  # still signed in, at the counter


def test_a_failure_that_is_no_outage_stays_our_fault(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_args: object) -> None:
        raise RuntimeError("inner details")

    monkeypatch.setattr("pendapa.directory.malls.queries.malls", broken)
    answer = nobody().get("/")
    assert answer.status_code == 500
    assert "Retry-After" not in answer
    assert answer["X-Request-ID"] in answer.content.decode()
    assert "inner details" not in answer.content.decode()
