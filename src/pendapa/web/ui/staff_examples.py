"""Invented content for the gallery's second half: what the office and other staff pages are made of."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django import forms
from django.core.paginator import Paginator

_NOW = datetime(2026, 11, 24, 2, 12, tzinfo=UTC)


class ZoneForm(forms.Form):
    """A record's form with short and long fields, a figure with its unit, days, and many small choices."""

    name = forms.CharField(label="Nama", max_length=80, initial="Zona Hijau")
    code = forms.SlugField(label="Nama pendek", max_length=32, initial="zona-hijau", help_text="Tampak di alamat.")
    floor = forms.CharField(label="Lantai", max_length=40, required=False, initial="1")
    seats = forms.IntegerField(
        label="Kursi", initial=48, widget=forms.NumberInput(attrs={"data-unit": "kursi"}), required=False
    )
    rent = forms.IntegerField(
        label="Sewa per bulan", initial=0, widget=forms.NumberInput(attrs={"data-unit-before": "Rp"}), required=False
    )
    from_date = forms.DateField(label="Berlaku mulai", widget=forms.DateInput(attrs={"type": "date"}))
    days = forms.MultipleChoiceField(
        label="Hari",
        choices=list(enumerate(["Sen", "Sel", "Rab", "Kam", "Jum"])),
        widget=forms.CheckboxSelectMultiple(attrs={"class": "of-days"}),
        initial=[0, 1, 2],
    )
    facilities = forms.MultipleChoiceField(
        label="Fasilitas",
        choices=list(enumerate(["Ruang laktasi", "Pojok baca", "Toilet difabel", "Kursi roda"])),
        widget=forms.CheckboxSelectMultiple(attrs={"class": "of-choices"}),
        required=False,
    )
    screen_code = forms.CharField(
        label="Kode di layar", initial="K7Q2", widget=forms.TextInput(attrs={"class": "of-code"})
    )


class PeriodForm(forms.Form):
    """One stretch of opening."""

    opens = forms.TimeField(label="Buka", widget=forms.TimeInput(attrs={"type": "time"}))
    closes = forms.TimeField(label="Tutup", widget=forms.TimeInput(attrs={"type": "time"}))


class ClosureForm(forms.Form):
    """One line of a formset."""

    date = forms.DateField(label="Tanggal", widget=forms.DateInput(attrs={"type": "date"}))
    reason = forms.CharField(label="Alasan")


@dataclass(frozen=True)
class _Column:
    name: str
    title: str
    sort: tuple[str, ...] = ("name",)
    is_number: bool = False


COLUMNS = [
    _Column("name", "Nama"),
    _Column("floor", "Lantai"),
    _Column("area", "Ruang tunggu", sort=()),
    _Column("seats", "Kursi", is_number=True),
    _Column("state", "Keadaan"),
]

_ROWS: list[tuple[list[object], str]] = [
    (["Zona Hijau", "1", "Sisi timur, dekat pintu utama", 48, "dipakai"], "lumut"),
    (["Zona Kuning", "1", "Tengah", 1240, "ditutup sementara"], "kunyit"),
    (["Zona Biru", "2", None, None, "belum ada antrean"], ""),
]

FILTERS: list[dict[str, Any]] = [
    {"name": "floor", "title": "Lantai", "choices": [("1", "Lantai 1"), ("2", "Lantai 2")], "value": "1"},
    {"name": "state", "title": "Keadaan", "choices": [("used", "dipakai"), ("closed", "ditutup")], "value": ""},
]

SECTIONS: list[dict[str, Any]] = [
    {
        "title": "Mal",
        "items": [
            {"name": "overview", "title": "Ikhtisar", "url": "#", "icon": "house"},
            {"name": "zones", "title": "Zona", "url": "#", "icon": "layers", "is_current": True},
        ],
    },
    {
        "title": "Orang",
        "items": [{"name": "people", "title": "Petugas", "url": "#", "icon": "people", "count": 63}],
    },
]


@dataclass(frozen=True)
class _Line:
    who: str
    at: datetime
    what: str
    changes: list[tuple[str, str, str]] = field(default_factory=list)


LINES = [
    _Line("Endah Nurjanah", _NOW, "mengubah", [("Kursi", "36", "48"), ("Ruang tunggu", "\u2013", "Sisi timur")]),
    _Line("Budi Santoso", _NOW - timedelta(hours=2), "mengubah", [("Nama", "Zona A", "Zona Hijau")]),
    _Line("Budi Santoso", _NOW - timedelta(days=3), "menambahkan"),
]

DIFFERENCES = [
    {"title": "Kursi", "theirs": "48", "yours": "50", "name": "seats"},
    {"title": "Ruang tunggu", "theirs": "Sisi timur", "yours": "\u2013"},
]

FATES: list[dict[str, Any]] = [
    {
        "planned": {"row": {"number": 7}, "fate": "error", "errors": ["Kursi harus angka; yang tertulis “banyak”."]},
        "cells": ["Zona Merah", "1", "banyak"],
    },
    {"planned": {"row": {"number": 2}, "fate": "new"}, "cells": ["Zona Ungu", "3", "12"]},
    {
        "planned": {"row": {"number": 3}, "fate": "changed", "changes": [("Kursi", "24", "40")]},
        "cells": ["Zona Biru", "2", "40"],
    },
    {"planned": {"row": {"number": 4}, "fate": "unchanged"}, "cells": ["Zona Kuning", "1", ""]},
]

STEPS: list[dict[str, Any]] = [
    {"title": "Zona", "text": "Bagian ruang pelayanan.", "url": "#", "count": 4, "is_done": True},
    {"title": "Instansi", "text": "Siapa membuka gerai di sini.", "url": "#", "count": 22, "is_done": True},
    {"title": "Petugas", "text": "Undang petugas dan pengelola.", "url": "#", "count": 0, "is_done": False},
]

_MORNING, _AFTERNOON = {"start": 480, "length": 240}, {"start": 780, "length": 120}
WEEK: list[dict[str, Any]] = [
    {"name": "Senin", "words": "08.00\u201312.00, 13.00\u201315.00", "bars": [_MORNING, _AFTERNOON]},
    {"name": "Selasa", "words": "08.00\u201312.00, 13.00\u201315.00", "bars": [_MORNING, _AFTERNOON], "is_today": True},
    {
        "name": "Rabu",
        "words": "08.00\u201312.00",
        "bars": [_MORNING, {**_AFTERNOON, "kind": "gone"}],
        "note": "siang tutup: rapat pegawai",
    },
    {
        "name": "Jumat",
        "words": "08.00\u201311.30, 13.00\u201315.00",
        "bars": [{"start": 480, "length": 210}, _AFTERNOON],
        "note": "salat Jumat",
    },
    {
        "name": "Sabtu",
        "words": "08.00\u201312.00",
        "bars": [{**_MORNING, "kind": "new"}],
        "note": "baru mulai 1 Desember",
    },
    {"name": "Minggu", "bars": [], "is_closed": True},
]

DEVICES: list[dict[str, Any]] = [
    {
        "name": "kiosk-1",
        "icon_name": "tablet",
        "kind": "Mesin antrean",
        "place": "samping pintu utama",
        "state": "online",
        "seen": "12 detik yang lalu",
        "url": "#",
    },
    {
        "name": "board-2",
        "icon_name": "display",
        "kind": "Papan panggilan",
        "place": "Zona Biru",
        "state": "silent",
        "state_words": "tidak terdengar sejak 09.40",
        "faults": [("Peramban menahan suara.", "Sentuh layarnya sekali, lalu izinkan suara.")],
        "url": "#",
    },
    {"name": "printer-1", "icon_name": "printer", "kind": "Pencetak", "state": "locked"},
]

ROSTER: dict[str, Any] = {
    "days": [
        {"name": "Sen", "date": "23/11"},
        {"name": "Sel", "date": "24/11", "is_today": True},
        {"name": "Rab", "date": "25/11"},
    ],
    "rows": [
        {
            "name": "Sri Wahyuni",
            "note": "Dukcapil",
            "url": "#",
            "cells": [
                [{"words": "Loket 3", "note": "08.00\u201315.00"}],
                [{"words": "Loket 3", "note": "08.00\u201312.00"}, {"words": "Loket 5", "note": "13.00\u201315.00"}],
                [{"words": "Cuti", "tone": "kunyit"}],
            ],
        },
        {"name": "Agus Salim", "note": "Samsat", "cells": [[], [{"words": "Loket 11", "tone": "nila"}], []]},
    ],
}


@dataclass(frozen=True)
class _Said:
    sentence: str


def staff(key: str) -> dict[str, Any]:
    """What the gallery shows of staff pages; `key` keeps the names of its two halves apart."""
    form = ZoneForm(auto_id=f"{key}_%s")
    lines = forms.formset_factory(ClosureForm, extra=2, can_delete=True)
    faulty = PeriodForm({"late-opens": "13:00", "late-closes": ""}, auto_id=f"{key}_late_%s", prefix="late")
    page = Paginator(range(10_000), 50).page(3)
    return {
        "columns": COLUMNS,
        "records": [
            {
                "url": "#",
                "cells": [
                    {"column": column, "value": value, "tone": tone if column.name == "state" else None}
                    for column, value in zip(COLUMNS, values, strict=True)
                ],
                "actions": [{"url": "#", "label": "Riwayat", "icon": "clock-history"}],
            }
            for values, tone in _ROWS
        ],
        "page": page,
        "pages": list(page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)),
        "filters": FILTERS,
        "sort": {"name": "name", "is_down": False},
        "sections": SECTIONS,
        "lines": LINES,
        "differences": DIFFERENCES,
        "refusal": _Said("Zona Hijau diubah orang lain ketika Anda mengubahnya."),
        "now": _NOW,
        "fates": FATES,
        "heads": ["nama", "lantai", "kursi"],
        "counts": [
            {"fate": "new", "count": 1},
            {"fate": "changed", "count": 1},
            {"fate": "unchanged", "count": 1},
            {"fate": "error", "count": 1},
        ],
        "steps": STEPS,
        "week": WEEK,
        "hours": ["06", "08", "10", "12", "14", "16", "18"],
        "week_lines": [
            {
                "name": "Kamis",
                "lines": [
                    PeriodForm(initial={"opens": "08:00", "closes": "12:00"}, auto_id=f"{key}_a_%s", prefix="a"),
                    PeriodForm(initial={"opens": "13:00", "closes": "15:00"}, auto_id=f"{key}_b_%s", prefix="b"),
                ],
            },
            {"name": "Jumat", "lines": [faulty], "note": "Istirahat salat Jumat 11.30\u201313.00."},
            {"name": "Sabtu", "lines": []},
        ],
        "groups": [
            {"title": "Identitas", "hint": "Seperti di papan petunjuk.", "fields": [form["name"], form["code"]]},
            {
                "title": "Tempat dan waktu",
                "fields": [form[name] for name in ("floor", "seats", "rent", "from_date", "days", "facilities")],
            },
            {"title": "", "fields": [form["screen_code"]]},
        ],
        "formset": lines(prefix="rows", auto_id=f"{key}_%s"),
        "devices": DEVICES,
        "roster": ROSTER,
        "consequences": [
            "Antrean A dan B kehilangan zona tunggunya.",
            "Papan di zona ini tidak lagi menampilkan panggilan.",
        ],
    }
