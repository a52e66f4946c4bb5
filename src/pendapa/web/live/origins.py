"""Which pages of other origins may read the streams: ours only."""

from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import split_domain_port, validate_host


def is_ours(origin: str, host: str) -> bool:
    """Whether a page of this origin belongs to the installation.

    With `PUBLIC_URL` that address is it. Without it pages stand one port below the streams on the same host, as the
    demo and a plain `serve` start them, or on the very origin of the streams behind a proxy.
    """
    if settings.PUBLIC_URL:
        return origin == settings.PUBLIC_URL or _netloc(origin) == host
    name, port = split_domain_port(host)
    if not name or not validate_host(name, _allowed_hosts()):
        return False
    pages = f"{name}:{int(port) - 1}" if port else name
    return _netloc(origin) in {pages, host}


def _allowed_hosts() -> list[str]:
    if settings.DEBUG and not settings.ALLOWED_HOSTS:
        return [".localhost", "127.0.0.1", "[::1]"]  # as Django does
    return list(settings.ALLOWED_HOSTS)


def _netloc(origin: str) -> str:
    parts = urlsplit(origin)
    return parts.netloc if parts.scheme in {"http", "https"} else ""
