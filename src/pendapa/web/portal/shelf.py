"""Pages that are the same for every anonymous visitor: validated by a stamp, and kept in this process while it holds.

`public_page` marks a view. For an anonymous visitor its page carries a strong ETag, sets no cookie and may be kept by
caches, which ask again each time. `Shelf` answers a page that was shown before with one statement. Nothing here
matters: an empty shelf only means that a page is drawn anew, and any process gives a page the same tag.
"""

import gzip
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, wraps
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import Any

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import get_conditional_response, patch_cache_control, patch_vary_headers
from django.utils.translation import get_language, get_language_from_request
from django.views.decorators.http import require_safe

import pendapa
from pendapa.web.ui import themes

View = Callable[..., HttpResponse]

MOST_BYTES = 16 * 1024 * 1024  # of packed pages in one process
_KINDS = {".py", ".html", ".css", ".js", ".mo", ".toml", ".svg", ".typ", ".ttf"}

# The date on the mall's wall, the catalogue's revision, and the sum of the versions of all records that a page of a
# mall may speak of. A change adds to a version, a new or a removed record changes a sum of ids.
STAMP = """
SELECT concat_ws('.',
    (base_now() AT TIME ZONE mall.time_zone)::date,
    mall.id, mall.version,
    (SELECT number FROM catalogue_cataloguerevision WHERE mall_id = mall.id),
    (SELECT sum(agency.version) FROM malls_tenancy AS t JOIN malls_agency AS agency ON agency.id = t.agency_id
     WHERE t.mall_id = mall.id),
    (SELECT sum(id * 1000003::numeric + version) FROM malls_tenancy WHERE mall_id = mall.id),
    (SELECT sum(id * 1000003::numeric + version) FROM malls_zone WHERE mall_id = mall.id),
    (SELECT sum(id * 1000003::numeric + version) FROM malls_schedule WHERE mall_id = mall.id),
    (SELECT sum(id * 1000003::numeric + version) FROM malls_season WHERE mall_id = mall.id),
    (SELECT sum(id * 1000003::numeric + version) FROM malls_specialday WHERE mall_id = mall.id),
    (SELECT sum(id * 1000003::numeric + version) FROM queueing_queue WHERE mall_id = mall.id),
    (SELECT sum(id * 1000003::numeric + version) FROM malls_calendarday WHERE mall_id = mall.id OR mall_id IS NULL)
) FROM malls_mall AS mall WHERE mall.code = %s
"""


@dataclass(frozen=True)
class Page:
    """A drawn page as it goes out, packed, with the stamp it was drawn under."""

    mall: str
    stamp: str
    tag: str
    packed: bytes
    headers: Mapping[str, str]
    match: Any  # of the address book, for the request's log line


@dataclass
class _Kept:
    """Pages by what they depend on besides their stamp; the longest unused go first."""

    pages: OrderedDict[tuple[Any, ...], Page] = field(default_factory=OrderedDict)
    bytes: int = 0
    lock: Lock = field(default_factory=Lock)

    def find(self, key: tuple[Any, ...]) -> Page | None:
        with self.lock:
            page = self.pages.get(key)
            if page is not None:
                self.pages.move_to_end(key)
            return page

    def put(self, key: tuple[Any, ...], page: Page) -> None:
        with self.lock:
            self._drop(key)
            self.pages[key] = page
            self.bytes += len(page.packed)
            while self.bytes > MOST_BYTES:
                self._drop(next(iter(self.pages)))

    def clear(self) -> None:
        with self.lock:
            self.pages.clear()
            self.bytes = 0

    def _drop(self, key: tuple[Any, ...]) -> None:
        gone = self.pages.pop(key, None)
        self.bytes -= len(gone.packed) if gone else 0


KEPT = _Kept()


def stamp_of(mall_code: str) -> str | None:
    """What changes as soon as a page of a mall may say anything else; None where there is no such mall.

    How many people wait is in no such page. One statement.
    """
    with connection.cursor() as cursor:
        cursor.execute(STAMP, [mall_code])
        row = cursor.fetchone()
    return str(row[0]) if row else None


def is_anonymous(request: HttpRequest) -> bool:
    """Whether nobody is signed in, and no message waits to be shown."""
    return settings.SESSION_COOKIE_NAME not in request.COOKIES and "messages" not in request.COOKIES


def public_page(view: View) -> View:
    """A page of a mall that is the same for every anonymous visitor, in their language and colours.

    The view sees `request.is_public`, under which a page has no form with a token and no clock. For somebody who is
    signed in the page is private and not kept.
    """

    @require_safe
    @wraps(view)
    def shown(request: HttpRequest, mall_code: str, *args: Any, **kwargs: Any) -> HttpResponse:
        if not is_anonymous(request):
            response = view(request, mall_code, *args, **kwargs)
            patch_cache_control(response, private=True, no_store=True)
            return response
        request.is_public = True  # type: ignore[attr-defined]  # read by the pages' context
        stamp = stamp_of(mall_code)
        if stamp is None:
            raise Http404
        key = _key(request, get_language() or settings.LANGUAGE_CODE)
        tag = _tag(stamp, key)
        known = _not_modified(request, tag)
        if known is not None:
            return _public(known)
        response = view(request, mall_code, *args, **kwargs)
        if response.status_code != 200:
            return response
        page = Page(mall_code, stamp, tag, gzip.compress(response.content, 6, mtime=0), {}, None)
        is_page = response["Content-Type"].startswith("text/html")  # files would push pages off
        if is_page and not request.META.get("QUERY_STRING"):  # whoever asks strange things fills no shelf
            response.shelf = (key, page)  # type: ignore[attr-defined]  # read by Shelf on the way out
        _pack(request, response, page)
        return _public(response)

    return shown


class Shelf:
    """Middleware: answers a public page that was drawn before and still holds, before anything else is done for it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.method not in {"GET", "HEAD"} or not is_anonymous(request):
            return self.get_response(request)
        try:
            key = _key(request, get_language_from_request(request))
        except DisallowedHost:
            return self.get_response(request)
        page = KEPT.find(key)
        if page is not None and stamp_of(page.mall) == page.stamp:
            return _from_shelf(request, page)
        response = self.get_response(request)
        drawn: tuple[tuple[Any, ...], Page] | None = getattr(response, "shelf", None)
        if drawn is not None and not response.cookies:
            key, page = drawn
            headers = {name: response[name] for name in _KEPT_HEADERS if name in response}
            KEPT.put(key, replace(page, headers=headers, match=request.resolver_match))
        return response


_KEPT_HEADERS = ("Content-Type", "Content-Language", "Vary", "Cache-Control")


def _from_shelf(request: HttpRequest, page: Page) -> HttpResponse:
    request.resolver_match = page.match
    response = _not_modified(request, page.tag)
    if response is None:
        response = HttpResponse()
        _pack(request, response, page)
    for name, value in page.headers.items():
        if response.status_code == 200 or name != "Content-Type":
            response[name] = value
    return response


def _pack(request: HttpRequest, response: HttpResponse, page: Page) -> None:
    """Fill an answer with the page as this visitor can read it."""
    if _reads_gzip(request):
        response.content = page.packed
        response["Content-Encoding"] = "gzip"
    elif not response.content:
        response.content = gzip.decompress(page.packed)
    response["ETag"] = _own_tag(request, page.tag)
    response["Content-Length"] = str(len(response.content))


def _not_modified(request: HttpRequest, tag: str) -> HttpResponse | None:
    """A 304 where the visitor has the page already."""
    if "HTTP_IF_NONE_MATCH" not in request.META:
        return None
    answer = get_conditional_response(request, etag=_own_tag(request, tag))
    if not isinstance(answer, HttpResponse):
        return None
    answer["ETag"] = _own_tag(request, tag)
    return answer


def _public(response: HttpResponse) -> HttpResponse:
    patch_cache_control(response, public=True, no_cache=True)
    patch_vary_headers(response, ["Accept-Encoding", "Accept-Language", "Cookie"])
    return response


def _key(request: HttpRequest, language: str) -> tuple[Any, ...]:
    """What a public page depends on besides its stamp."""
    is_part = request.META.get("HTTP_HX_REQUEST") == "true"
    return request.scheme, request.get_host(), request.get_full_path(), language, themes.chosen(request), is_part


def _tag(stamp: str, key: tuple[Any, ...]) -> str:
    return sha256(repr((code_stamp(), stamp, key)).encode()).hexdigest()[:32]


def _own_tag(request: HttpRequest, tag: str) -> str:
    """The tag of the bytes that this visitor gets: packed ones are others."""
    return f'"{tag}{"-gz" if _reads_gzip(request) else ""}"'


def _reads_gzip(request: HttpRequest) -> bool:
    return "gzip" in request.META.get("HTTP_ACCEPT_ENCODING", "")


@cache
def code_stamp() -> str:
    """The sum of the program's own files and of the settings that pages show: another release draws other pages."""
    total = sha256(repr((settings.DEMO, settings.PUBLIC_URL, settings.LIVE_URL)).encode())
    root = Path(pendapa.__file__).parent
    for path in sorted(root.rglob("*")):
        if path.suffix in _KINDS and "tests" not in path.parts and path.is_file():
            total.update(str(path.relative_to(root)).encode())
            total.update(path.read_bytes())
    return total.hexdigest()[:16]
