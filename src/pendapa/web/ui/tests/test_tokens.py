"""The colours as eyes judge them: contrast 4.5:1 for text, 3:1 for controls (WCAG 2.2, 1.4.3 and 1.4.11)."""

import re
from pathlib import Path

import pytest

WEB = Path(__file__).parents[2]
CSS = (WEB / "ui/static/ui/pendapa.css").read_text()
FACES = sorted(
    path for path in WEB.glob("*/static/**/*.css") if "vendor" not in path.parts and path.name != "pendapa.css"
)
TONES = ("daun", "nila", "kunyit", "bata", "lumut")
GROUNDS = ("paper", "surface", "sunken")


def tokens_of(selector: str) -> dict[str, str]:
    """The tokens of the first rule with this selector."""
    block = CSS.split(selector, 1)[1].split("{", 1)[1].split("}", 1)[0]
    return dict(re.findall(r"--([a-z-]+):\s*([^;]+);", block))


THEMES = {"light": tokens_of(':root, [data-bs-theme="light"]'), "dark": tokens_of('\n[data-bs-theme="dark"]')}


def luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def text_pairs() -> list[tuple[str, str]]:
    on_grounds = [(text, ground) for text in ("ink", "ink-soft", *TONES) for ground in GROUNDS]
    on_tints = [(text, f"{tone}-tint") for tone in TONES for text in ("ink", tone)]
    on_buttons = [(f"on-{tone}", shade) for tone in ("daun", "bata") for shade in (tone, f"{tone}-strong")]
    return [*on_grounds, *on_tints, *on_buttons, ("ink-soft", "daun-tint"), ("paper", "ink")]


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("text", "ground"), text_pairs())
def test_text_can_be_read(theme: str, text: str, ground: str) -> None:
    tokens = THEMES[theme]
    assert contrast(tokens[text], tokens[ground]) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("mark", ["control", "daun", "bata", "lumut", "focus", "kunyit-edge"])
@pytest.mark.parametrize("ground", GROUNDS)
def test_controls_can_be_told_from_the_page(theme: str, mark: str, ground: str) -> None:
    tokens = THEMES[theme]
    assert contrast(tokens[mark], tokens[ground]) >= 3


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(
    ("mark", "ground"),
    [
        ("daun", "line"),
        ("bata", "bata-tint"),
        ("daun", "daun-tint"),
        ("kunyit-edge", "kunyit-tint"),
        ("focus", "daun-tint"),
    ],
)
def test_what_is_drawn_can_be_told_from_what_lies_under_it(theme: str, mark: str, ground: str) -> None:
    """Progress, dashed bars, chosen days, the notice about another's change, focus on a chosen entry."""
    assert contrast(THEMES[theme][mark], THEMES[theme][ground]) >= 3


@pytest.mark.parametrize("sheet", FACES, ids=lambda path: str(path.relative_to(WEB)))
def test_faces_take_their_colours_from_the_tokens(sheet: Path) -> None:
    css = re.sub(r"/\*.*?\*/", "", sheet.read_text(), flags=re.S)
    assert re.findall(r"#[0-9a-fA-F]{3,8}\b(?![^{]*\{)|\b(?:rgb|hsl)a?\(", css) == []


def test_dark_is_the_same_by_system_setting_and_by_hand() -> None:
    assert tokens_of(":root:not([data-bs-theme])") == THEMES["dark"]


def test_both_themes_name_the_same_tokens() -> None:
    assert THEMES["light"].keys() == THEMES["dark"].keys()


def test_the_tokens_are_those_of_the_design() -> None:
    light = {name: THEMES["light"][name] for name in ("paper", "surface", "ink", "ink-soft", "line", *TONES)}
    assert light == {
        "paper": "#FBFAF7",
        "surface": "#FFFFFF",
        "ink": "#1B2326",
        "ink-soft": "#56636A",
        "line": "#E2DED5",
        "daun": "#0E6656",
        "nila": "#2547A8",
        "kunyit": "#7A4E00",
        "bata": "#B3261E",
        "lumut": "#3C7A3A",
    }
