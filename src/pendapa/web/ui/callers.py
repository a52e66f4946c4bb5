"""Who asks without an account: the owner of a limit and of an idempotency key."""

import ipaddress
import secrets

from django.conf import settings
from django.core import signing
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse

from pendapa.base import clock
from pendapa.base.secrets import keyed_hash

COOKIE = "pendapa_caller"
MAX_AGE = 400 * 24 * 3600  # seconds; browsers keep no cookie longer
_SALT = "pendapa.web.ui.callers"


def caller(request: HttpRequest) -> str:
    """A stable name for the unknown person behind this request: `cookie:…` on pages, `address:…` in the API.

    On the first page that asks, a new name is drawn and goes out as a signed cookie (`CallerCookie`). A form
    that comes back without the cookie is counted against its address, so that throwing cookies away gains nothing.
    """
    if request.path_info.startswith("/api/"):
        return caller_by_address(request)
    known = _from_cookie(request) or getattr(request, "new_caller", None)
    if known is None:
        if request.method not in {"GET", "HEAD"}:
            return caller_by_address(request)
        known = secrets.token_urlsafe(16)
        request.new_caller = known  # type: ignore[attr-defined]  # read by CallerCookie on the way out
    return "cookie:" + keyed_hash(known, purpose="caller-cookie")[:32]


def caller_by_address(request: HttpRequest) -> str:
    """The name of everyone behind one address; many phones may share it, so its limits are wider than a cookie's."""
    return "address:" + keyed_hash(client_address(request), purpose="caller-address")[:32]


def is_within(request: HttpRequest, purpose: str, *, most: int, seconds: int, who: str = "") -> bool:
    """Count one more try from this address, and say whether it is among the `most` of this stretch of `seconds`.

    Tries of somebody who is known are counted for them alone, by their name in the journal (`who`).

    Counted in the cache that all processes share; two tries at the same instant may count as one, which a
    bound against abuse can bear. Stretches follow the clock, so that a try never lengthens one.
    """
    stretch = int(clock.real_now().timestamp()) // seconds
    key = f"tries:{purpose}:{stretch}:{who or caller_by_address(request)}"
    tries: int = cache.get(key, 0)
    if tries >= most:
        return False
    cache.set(key, tries + 1, seconds)
    return True


def client_address(request: HttpRequest) -> str:
    """The address the request came from, as far as the proxies in front are trusted; IPv6 by its /64 network.

    `TRUSTED_PROXIES` says how many proxies of our own stand in front: only their entries, counted from the right,
    are believed. A header that is too short, or no address at all, falls back to the peer's own address.
    """
    peer = str(request.META.get("REMOTE_ADDR", ""))
    trusted: int = settings.TRUSTED_PROXIES
    if trusted > 0:
        hops = [hop.strip() for hop in str(request.META.get("HTTP_X_FORWARDED_FOR", "")).split(",")]
        if len(hops) >= trusted and (named := _network(hops[-trusted])):
            return named
    return _network(peer) or peer


def send_cookie(request: HttpRequest, response: HttpResponse) -> None:
    """Give a caller who was named during this request the cookie that keeps the name."""
    if (name := getattr(request, "new_caller", None)) is not None:
        response.set_signed_cookie(
            COOKIE,
            name,
            salt=_SALT,
            max_age=MAX_AGE,
            httponly=True,
            samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
        )


def _from_cookie(request: HttpRequest) -> str | None:
    try:
        return request.get_signed_cookie(COOKIE, salt=_SALT, max_age=MAX_AGE)
    except (KeyError, signing.BadSignature):
        return None


def _network(text: str) -> str | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)
