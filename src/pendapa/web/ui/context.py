"""What every page may use in its template."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language, get_language_info

from pendapa.base import clock
from pendapa.web.ui import themes


def page(request: HttpRequest) -> dict[str, Any]:
    """`demo`, `demo_time` (what the demo's clock shows, if it is not the real time), `is_public` (the page is the same
    for everybody who is not signed in, so it holds no token and no clock), `other_languages`, `live_url`,
    `single_sign_on` (the name of the provider, if there is one),
    `chosen_theme` and `themes`."""
    is_public = getattr(request, "is_public", False)
    return {
        "demo": settings.DEMO,
        "demo_time": SimpleLazyObject(_shown_time) if settings.DEMO and not is_public else None,
        "is_public": is_public,
        "other_languages": [get_language_info(code) for code, _ in settings.LANGUAGES if code != get_language()],
        "live_url": settings.LIVE_URL,
        "single_sign_on": settings.OIDC_NAME,
        "chosen_theme": themes.chosen(request),
        "themes": themes.THEMES,
    }


def _shown_time() -> datetime | None:
    return clock.now() if clock.is_simulated() else None
