"""Invented content for the gallery: each component in each of its states."""

from typing import Any

import segno
from django import forms
from django.utils.safestring import mark_safe

from pendapa.web.ui.staff_examples import staff
from pendapa.web.ui.templatetags.ui import STATES


class ExampleForm(forms.Form):
    """A form as citizens meet it, with one field of each kind that components know."""

    name = forms.CharField(label="Nama lengkap", help_text="Seperti di KTP.")
    nik = forms.CharField(label="NIK", min_length=16, max_length=16)
    day = forms.ChoiceField(label="Hari", choices=[("1", "Senin, 23 November"), ("2", "Selasa, 24 November")])
    priority = forms.ChoiceField(
        label="Apakah Anda memerlukan bantuan khusus?",
        choices=[("", "Tidak"), ("elder", "Lansia"), ("pregnant", "Ibu hamil")],
        widget=forms.RadioSelect,
        required=False,
    )
    agreed = forms.BooleanField(label="Saya sudah membaca syaratnya.")
    note = forms.CharField(label="Catatan", widget=forms.Textarea(attrs={"rows": 3}), required=False)


TICKETS: list[dict[str, Any]] = [
    {
        "label": "A-012",
        "state": "waiting",
        "headline": "Silakan duduk, kami panggil sebentar lagi.",
        "ahead": 5,
        "interval": "20\u201335 menit lagi",
    },
    {"label": "A-012", "state": "called", "headline": "Silakan menuju", "where": "Loket 3, gerai Dukcapil"},
    {
        "label": "A-012",
        "state": "no_show",
        "headline": "Kami sudah memanggil A-012 tiga kali. Tempat Anda kami simpan sampai 09.40.",
    },
    {"label": "A-012", "state": "served", "headline": "Selesai pukul 09.52. Terima kasih."},
    {"label": "A-012", "state": "expired", "headline": "Nomor ini berlaku untuk Senin, 23 November."},
]

SERVICES: list[dict[str, Any]] = [
    {
        "name": "Perekaman KTP elektronik",
        "agency": "Dinas Kependudukan dan Pencatatan Sipil",
        "bring": "Bawa 2 berkas",
        "cost": "gratis",
        "time": "selesai hari ini",
        "ahead": 5,
        "interval": "20\u201335 menit",
        "state": "open",
        "url": "#",
    },
    {
        "name": "Perpanjangan SIM C",
        "agency": "Kepolisian Resor",
        "bring": "Bawa 3 berkas",
        "cost": "Rp75.000",
        "ahead": 0,
        "state": "open",
        "url": "#",
    },
    {
        "name": "Paspor baru",
        "agency": "Kantor Imigrasi",
        "state": "full",
        "reason": "Antrean hari ini penuh sampai loket tutup pukul 15.00.",
    },
]

CALLS: list[dict[str, str]] = [
    {"label": "A-012", "where": "Loket 3", "stand": "Dinas Kependudukan dan Pencatatan Sipil"},
    {"label": "B-007", "where": "Loket 11", "stand": "Kepolisian Resor"},
    {"label": "C-031", "where": "Loket 1", "stand": "Kantor Imigrasi"},
    {"label": "AB-104", "where": "Loket 7", "stand": "BPJS Kesehatan"},
]

ROWS: list[dict[str, Any]] = [
    {"label": "A-012", "service": "Perekaman KTP elektronik", "state": "serving", "since": "8 menit", "now": True},
    {
        "label": "A-016",
        "service": "Kartu keluarga",
        "state": "waiting",
        "since": "4 menit",
        "reason": "Prioritas: lansia",
    },
    {"label": "A-013", "service": "Akta kelahiran", "state": "waiting", "since": "47 menit", "late": True},
    {"label": "A-014", "service": "Perekaman KTP elektronik", "state": "held", "since": "12 menit"},
]

STEPS: list[dict[str, str]] = [
    {"word": "Ambil nomor", "state": "done", "note": "08.15"},
    {"word": "Menunggu dipanggil", "state": "now", "note": "Perkiraan 20\u201335 menit lagi"},
    {"word": "Dilayani di loket 3", "state": "next"},
    {"word": "Selesai", "state": "next"},
]

TABLE: dict[str, Any] = {
    "heads": [{"label": "Layanan"}, {"label": "Dilayani", "number": True}, {"label": "Median tunggu", "number": True}],
    "rows": [
        [
            {"value": "Perekaman KTP elektronik"},
            {"value": "128", "number": True},
            {"value": "23 menit", "number": True},
        ],
        [{"value": "Perpanjangan SIM C"}, {"value": "64", "number": True}, {"value": "9 menit", "number": True}],
    ],
}


def gallery() -> dict[str, Any]:
    """All that `ui/gallery.html` shows."""
    faulty = ExampleForm({"nik": "332012345678901", "day": "1"})
    faulty.fields["nik"].error_messages["min_length"] = "NIK harus 16 angka; yang Anda isi 15."
    return {
        "looks": [
            {"key": "light", "name": "Terang", "mark": "", "staff": staff("light")},
            {"key": "dark", "name": "Gelap", "mark": " (gelap)", "staff": staff("dark")},
        ],
        "states": list(STATES),
        "tickets": TICKETS,
        "services": SERVICES,
        "rows": ROWS,
        "steps": STEPS,
        "calls": CALLS,
        "table": TABLE,
        "papers": [
            {"text": "KTP asli"},
            {"text": "Fotokopi kartu keluarga", "note": "Satu lembar, boleh hitam putih."},
        ],
        "facts": [{"term": "Diambil", "value": "Senin, 23 November, pukul 08.15"}],
        "form": ExampleForm(auto_id="clean_%s"),
        "faulty": faulty,
        "qr": qr_svg("K7Q2-F8MN-X4TR-9BWD"),
    }


def qr_svg(text: str) -> str:
    """A QR code as SVG that scales with its box; dark on white in every theme, as scanners want it."""
    return mark_safe(  # noqa: S308 -- segno's own markup around a matrix; no text is put into it
        segno.make(text, error="m").svg_inline(omitsize=True, border=0, svgclass=None, lineclass=None)
    )
