import pytest
from pytest_django import Settings

from pendapa.web.live.origins import is_ours


@pytest.mark.parametrize(
    ("origin", "host", "ours"),
    [
        ("http://127.0.0.1:8000", "127.0.0.1:8001", True),  # the demo: pages one port below
        ("http://127.0.0.1:8001", "127.0.0.1:8001", True),
        ("http://127.0.0.1:8002", "127.0.0.1:8001", False),
        ("http://127.0.0.1", "127.0.0.1:81", True),  # a default port is not written
        ("https://127.0.0.1", "127.0.0.1:444", True),
        ("https://127.0.0.1", "127.0.0.1:81", False),
        ("http://[::1]:8000", "[::1]:8001", True),
        ("https://mall.example.go.id", "mall.example.go.id", True),  # a proxy in front of both
        ("https://example.org", "mall.example.go.id", False),
        ("http://evil.example:8000", "evil.example:8001", False),  # not one of our names
        ("null", "127.0.0.1:8001", False),
        ("file://", "127.0.0.1:8001", False),
        ("http://[", "127.0.0.1:8001", False),
        ("http://127.0.0.1:99999", "127.0.0.1:8001", False),
        ("http://user@127.0.0.1:8000", "127.0.0.1:8001", False),
        ("http://127.0.0.1:8000", "", False),
    ],
)
def test_the_pages_stand_one_port_below_the_streams(settings: Settings, origin: str, host: str, ours: bool) -> None:
    settings.PUBLIC_URL = ""
    settings.ALLOWED_HOSTS = ["127.0.0.1", "[::1]", "mall.example.go.id"]
    assert is_ours(origin, host) is ours


@pytest.mark.parametrize(
    ("origin", "host", "ours"),
    [
        ("https://mall.example.go.id", "live.example.go.id:8001", True),
        ("https://mall.example.go.id:8000", "mall.example.go.id:8001", False),
        ("http://mall.example.go.id", "live.example.go.id", False),
        ("https://live.example.go.id", "live.example.go.id", True),
    ],
)
def test_a_public_address_is_the_only_other_origin(settings: Settings, origin: str, host: str, ours: bool) -> None:
    settings.PUBLIC_URL = "https://mall.example.go.id"
    assert is_ours(origin, host) is ours
