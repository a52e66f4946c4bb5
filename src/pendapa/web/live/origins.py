"""Which pages of other origins may read the streams: ours only."""

from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import split_domain_port, validate_host

_PORTS = {"http": 80, "https": 443}


def is_ours(origin: str, host: str) -> bool:
    """Whether a page of this origin belongs to the installation.

    With `PUBLIC_URL` that address is it. Without it pages stand one port below the streams on the same host, as the
    demo and a plain `serve` start them. The very origin of the streams is ours too: that of a proxy in front.
    """
    try:
        parts = urlsplit(origin)
        port = parts.port or _PORTS[parts.scheme]
    except (ValueError, KeyError):
        return False
    if settings.PUBLIC_URL:
        return origin == settings.PUBLIC_URL or parts.netloc == host
    name, live_port = split_domain_port(host)
    if not name or not validate_host(name, _allowed_hosts()):
        return False
    pages = (name, int(live_port) - 1) if live_port else None
    return (parts.netloc.removesuffix(f":{port}"), port) == pages or parts.netloc == host


def _allowed_hosts() -> list[str]:
    if settings.DEBUG and not settings.ALLOWED_HOSTS:
        return [".localhost", "127.0.0.1", "[::1]"]  # as Django does
    return list(settings.ALLOWED_HOSTS)
