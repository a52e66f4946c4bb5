import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from pytest_django import Settings

from pendapa.web.ui.callers import COOKIE, caller, client_address
from pendapa.web.ui.middleware import CallerCookie

BUILD = RequestFactory()


def visit(request: HttpRequest) -> tuple[str, str | None]:
    """The caller that a page sees, and the cookie that it sends along."""
    seen: list[str] = []

    def page(request: HttpRequest) -> HttpResponse:
        seen.append(caller(request))
        seen.append(caller(request))
        return HttpResponse()

    response = CallerCookie(page)(request)
    assert seen[0] == seen[1], "one request has one caller"
    cookie = response.cookies.get(COOKIE)
    return seen[0], cookie.value if cookie else None


def with_cookie(request: HttpRequest, cookie: str) -> HttpRequest:
    request.COOKIES[COOKIE] = cookie
    return request


def test_a_browser_keeps_its_name() -> None:
    first, cookie = visit(BUILD.get("/magetan/"))
    assert first.startswith("cookie:")
    assert cookie
    assert visit(with_cookie(BUILD.post("/magetan/"), cookie)) == (first, None)


def test_two_browsers_have_two_names() -> None:
    assert visit(BUILD.get("/magetan/"))[0] != visit(BUILD.get("/magetan/"))[0]


def test_a_form_without_the_cookie_counts_against_its_address() -> None:
    one, cookie = visit(BUILD.post("/magetan/", REMOTE_ADDR="203.0.113.9"))
    assert cookie is None
    assert one == visit(BUILD.post("/magetan/", REMOTE_ADDR="203.0.113.9"))[0]
    assert one != visit(BUILD.post("/magetan/", REMOTE_ADDR="203.0.113.10"))[0]


def test_a_forged_cookie_names_nobody() -> None:
    forged, fresh = visit(with_cookie(BUILD.get("/magetan/"), "someone:else:signature"))
    assert forged.startswith("cookie:")
    assert fresh is not None


def test_the_api_goes_by_address_whatever_cookie_comes() -> None:
    _name, cookie = visit(BUILD.get("/magetan/"))
    assert cookie
    by_api, sent = visit(with_cookie(BUILD.get("/api/v1/malls"), cookie))
    assert by_api.startswith("address:")
    assert sent is None


def test_the_cookie_is_closed_to_scripts_and_other_sites() -> None:
    def page(request: HttpRequest) -> HttpResponse:
        caller(request)
        return HttpResponse()

    morsel = CallerCookie(page)(BUILD.get("/")).cookies[COOKIE]
    assert morsel["httponly"]
    assert morsel["samesite"] == "Lax"
    assert int(morsel["max-age"]) > 300 * 24 * 3600


def test_no_address_is_readable_in_a_callers_name() -> None:
    assert "203" not in caller(BUILD.get("/api/v1/malls", REMOTE_ADDR="203.0.113.9")).split(":")[0]
    assert "203.0.113.9" not in caller(BUILD.get("/api/v1/malls", REMOTE_ADDR="203.0.113.9"))


@pytest.mark.parametrize(
    ("trusted", "forwarded", "expected"),
    [
        (0, "198.51.100.1", "203.0.113.9"),  # nobody in front: the header is the visitor's own invention
        (1, "198.51.100.1", "198.51.100.1"),
        (1, "192.0.2.66, 198.51.100.1", "198.51.100.1"),  # what stands left of our proxy's entry was sent along
        (2, "192.0.2.66, 198.51.100.1, 10.0.0.2", "198.51.100.1"),
        (2, "10.0.0.2", "203.0.113.9"),  # shorter than our chain: not from our proxies
        (1, "", "203.0.113.9"),
        (1, "<script>", "203.0.113.9"),
        (1, "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        (1, "::ffff:198.51.100.1", "198.51.100.1"),
    ],
)
def test_only_our_own_proxies_are_believed(settings: Settings, trusted: int, forwarded: str, expected: str) -> None:
    settings.TRUSTED_PROXIES = trusted
    request = BUILD.get("/", REMOTE_ADDR="203.0.113.9", HTTP_X_FORWARDED_FOR=forwarded)
    assert client_address(request) == expected
