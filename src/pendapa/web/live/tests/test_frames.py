import json

from pendapa.web.live import frames

NOW = "2026-11-24T08:31:00.000+07:00"


def data_of(frame: bytes) -> object:
    return json.loads(frame.decode().rstrip("\n").rpartition("\ndata: ")[2])


def test_an_event_carries_its_state_the_time_and_the_id_to_continue_from() -> None:
    frame = frames.event("change", frames.fields_of({"label": "A-012", "ahead": 3}), now=NOW, mark="1.2.3/x.4")
    assert frame.startswith(b"event: change\nid: 1.2.3/x.4\ndata: ")
    assert frame.endswith(b"\n\n")
    assert data_of(frame) == {"now": NOW, "label": "A-012", "ahead": 3}


def test_a_name_with_line_breaks_cannot_forge_an_event() -> None:
    name = "Layanan\n\nevent: snapshot\ndata: {}\r\u2028"
    frame = frames.event("snapshot", frames.fields_of({"name": name}), now=NOW)
    assert frame.count(b"\n") == 3
    assert b"\r" not in frame
    assert data_of(frame) == {"now": NOW, "name": name}


def test_a_change_names_only_what_differs_and_takes_away_what_is_gone() -> None:
    before = frames.fields_of({"called": [{"label": "A-001"}], "recent": [], "zone": "utara"})
    after = frames.fields_of({"called": [{"label": "A-002"}], "recent": []})
    assert frames.changed(before, after) == {"called": '[{"label":"A-002"}]', "zone": "null"}
    assert frames.changed(after, after) == {}


def test_a_comment_is_no_event() -> None:
    assert frames.SILENT.startswith(b":")
    assert frames.SILENT.endswith(b"\n\n")
