import pytest

from pendapa.web.ui.templatetags.ui import icon, look, whole_labels


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Sorry, A-012 is over.", 'Sorry, <span class="pd-nowrap">A-012</span> is over.'),
        ("AB-1004", '<span class="pd-nowrap">AB-1004</span>'),
        ("KTP-el", "KTP-el"),
        ("<b>A-012</b>", '&lt;b&gt;<span class="pd-nowrap">A-012</span>&lt;/b&gt;'),
    ],
)
def test_a_queue_number_stays_on_one_line(text: str, expected: str) -> None:
    assert whole_labels(text) == expected


def test_a_state_has_a_word_and_an_icon_beside_its_colour() -> None:
    called = look("called")
    assert (called.tone, called.icon) == ("kunyit", "megaphone")
    assert str(called.word)


def test_an_unknown_state_is_shown_under_its_own_name() -> None:
    assert look("somewhere").word == "somewhere"


def test_an_icon_is_silent_unless_it_carries_a_label() -> None:
    assert 'aria-hidden="true"' in icon("clock")
    assert 'aria-label="a &lt; b"' in icon("clock", "a < b")
