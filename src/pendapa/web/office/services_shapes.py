"""Services as files: the sheets of a workbook, and the shape of SIPPN, the national catalogue.

Each shape is a projection of a content: `of_...` writes it, `over_...` puts what a file says over the content that is
there. What a file does not say, or says as it was, stays as it is; so a file that was exported changes nothing.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from django.utils import translation

from pendapa.directory.catalogue.rules import FeeLine, Standard, from_json
from pendapa.web.office import services_text as text
from pendapa.web.ui import standards

Content = dict[str, Any]

LAPOR = "https://www.lapor.go.id"
FREE = "Tidak dipungut biaya"
MALL_WAYS = "Melalui pengaduan mal"
UNITS = {"Menit": "minute", "Jam": "hour", "Hari kalender": "calendar_day", "Hari kerja": "working_day"}
_UNITS_READ = {
    **{name.casefold(): unit for name, unit in UNITS.items()},
    **{unit: unit for unit in UNITS.values()},
    "hari": "calendar_day", "minutes": "minute", "hours": "hour", "days": "calendar_day", "working days": "working_day",
    "minute": "minute", "hour": "hour", "day": "calendar_day", "working day": "working_day",
}  # fmt: skip
_RUPIAH = re.compile(r"Rp\s?([0-9][0-9.]{0,20})(?:,-)?(?:\s+per\s+(.+))?", re.I)


# ---- SIPPN ----

SIPPN = (  # the fields of a service's page in the national catalogue, in its order (regulations reference 3.2)
    "kode", "nama_layanan", "organisasi", "no_sk", "tanggal_sk", "persyaratan", "sistem_mekanisme_prosedur",
    "waktu_penyelesaian", "biaya_tarif", "produk_pelayanan", "penanganan_pengaduan", "tautan_lapor",
)  # fmt: skip
SIPPN_LISTS = frozenset({"persyaratan", "sistem_mekanisme_prosedur", "biaya_tarif", "produk_pelayanan"})


def of_sippn(content: Mapping[str, Any], *, slug: str, agency: str) -> dict[str, Any]:
    """A content as SIPPN shows a service: texts in Indonesian, lists of texts."""
    with translation.override("id"):
        standard = from_json(dict(content))
        time = standard.time
        units = {unit: name for name, unit in UNITS.items()}
        return {
            "kode": slug,
            "nama_layanan": str(standard.name),
            "organisasi": agency,
            "no_sk": standard.decree.number if standard.decree else "",
            "tanggal_sk": standard.decree.date.isoformat() if standard.decree else "",
            "persyaratan": [_paper(one) for one in standard.requirements],
            "sistem_mekanisme_prosedur": [str(one) for one in standard.steps],
            "waktu_penyelesaian": f"{time.value} {units[time.unit]}" if time else "",
            "biaya_tarif": _prices(standard),
            "produk_pelayanan": [str(one) for one in standard.products],
            "penanganan_pengaduan": "" if standard.complaints is None else str(standard.complaints) or MALL_WAYS,
            "tautan_lapor": LAPOR,
        }


def _paper(one: Any) -> str:
    """A requirement in one line: "KTP-el (fotokopi, 2 lembar, milik ayah dan ibu)"."""
    details = [] if one.form.value == "original" else [text.choice(one.form)]
    if one.count > 1:
        details.append(f"{one.count} lembar")
    if one.whose:
        details.append(f"milik {one.whose}")
    if one.only_if:
        details.append(f"hanya jika {one.only_if}")
    return f"{one.text} ({', '.join(details)})" if details else str(one.text)


def _prices(standard: Standard) -> list[str]:
    fee = standard.fee
    if fee is None:
        return []
    if fee.free:
        return [FREE]
    return [_price(line) for line in fee.lines]


def _price(line: FeeLine) -> str:
    amount = standards.money(line.amount) if line.amount else str(line.formula)
    return f"{line.label}: {amount} per {line.per}" if line.per else f"{line.label}: {amount}"


def over_sippn(present: Content, row: Mapping[str, Any], *, slug: str, agency: str) -> Content:
    """A content with what a row of SIPPN says differently; what cannot be read stays text, which the domain refuses."""
    before = of_sippn(present, slug=slug, agency=agency)
    said = {name: value for name, value in row.items() if name in SIPPN and value not in ("", [], None)}
    differs = {name: value for name, value in said.items() if value != before[name]}
    content = dict(present)
    if "nama_layanan" in differs:
        content["name"] = {**content.get("name", {}), "id": differs["nama_layanan"]}
    if "persyaratan" in differs:
        content["requirements"] = _again(
            differs["persyaratan"],
            before["persyaratan"],
            present.get("requirements", []),
            lambda words: {"text": {"id": words}},
        )
    for name, key in (("sistem_mekanisme_prosedur", "steps"), ("produk_pelayanan", "products")):
        if name in differs:
            content[key] = _again(differs[name], before[name], present.get(key, []), lambda words: {"id": words})
    if "waktu_penyelesaian" in differs:
        content["time"] = {**content.get("time", {}), **time_in(differs["waktu_penyelesaian"])}
    if "biaya_tarif" in differs:
        content["fee"] = _fee_over(present.get("fee", {}), before["biaya_tarif"], differs["biaya_tarif"])
    if "penanganan_pengaduan" in differs:
        words = differs["penanganan_pengaduan"]
        content["complaints"] = {} if words == MALL_WAYS else {**content.get("complaints", {}), "id": words}
    if {"no_sk", "tanggal_sk"} & set(differs):
        held = content.get("decree", {})
        content["decree"] = {
            "number": said.get("no_sk", held.get("number")), "date": said.get("tanggal_sk", held.get("date")),
        }  # fmt: skip
    return content


def _again(words: Sequence[str], before: Sequence[str], items: Sequence[Any], make: Callable[[str], Any]) -> list[Any]:
    """Items for these words: those that are there under the same words stay whole, others are made."""
    known: dict[str, list[Any]] = {}
    for said, item in zip(before, items, strict=True):
        known.setdefault(said, []).append(item)
    return [known[one].pop(0) if known.get(one) else make(one) for one in words]


def time_in(said: str) -> dict[str, Any]:
    """A time such as "14 Hari kerja"; words that are none stay words, and the domain says so."""
    number, _blank, unit = said.strip().partition(" ")
    known = _UNITS_READ.get(" ".join(unit.casefold().split()))
    value: Any = int(number) if number.isascii() and number.isdigit() and len(number) < 6 else number
    return {"value": value, "unit": known or unit or None}


def _fee_over(present: Mapping[str, Any], before: Sequence[str], words: Sequence[str]) -> dict[str, Any]:
    kept = {name: value for name, value in present.items() if name in {"basis", "note"}}
    if len(words) == 1 and words[0].casefold().rstrip(".") in {FREE.casefold(), "gratis", "free", "free of charge"}:
        return {"free": True, **kept}
    lines = present.get("lines", [])
    known = before if len(before) == len(lines) else []
    return {"free": False, **kept, "lines": _again(words, known, lines if known else [], price_in)}


def price_in(words: str) -> dict[str, Any]:
    """A line such as "Paspor biasa: Rp350.000 per buku"; what has no amount is a formula."""
    label, colon, rest = words.partition(":")
    if not colon:
        label, rest = "Tarif", words
    found = _RUPIAH.fullmatch(rest.strip())
    if found:
        line: dict[str, Any] = {"label": {"id": label.strip()}, "amount": int(found[1].replace(".", ""))}
        return {**line, "per": {"id": found[2]}} if found[2] else line
    return {"label": {"id": label.strip()}, "formula": {"id": rest.strip() or words}}


# ---- Sheets of a workbook ----

SERVICES, PAPERS, MORE = "layanan", "persyaratan", "langkah biaya produk"
_TEXTS = {
    "nama": "name", "ringkasan": "summary", "pengaduan": "complaints", "sarana": "facilities",
    "kompetensi": "competence", "pengawasan": "oversight", "jaminan layanan": "guarantee",
    "jaminan keamanan": "safety", "evaluasi": "evaluation",
}  # fmt: skip
_LISTS = {
    "pola layanan": "delivery", "peristiwa": "life_events", "untuk": "for_whom", "blangko": "stock",
    "dasar hukum": "legal_basis",
}  # fmt: skip
_PLAIN = {"penerbit": "issuer", "sistem luar": "outside_system", "lama di loket": "duration"}
SERVICE_HEADS = (
    "kode", "instansi",
    *(head for name in ("nama", "ringkasan") for head in (name, f"{name} (en)")),
    *_PLAIN, *_LISTS,
    "waktu", "satuan waktu", "waktu sejak", "waktu kecuali", "waktu kecuali (en)",
    "gratis", "dasar tarif", "dasar tarif (en)", "catatan tarif", "catatan tarif (en)",
    *(head for name in list(_TEXTS)[2:] for head in (name, f"{name} (en)")),
    "jumlah pelaksana", "no sk", "tanggal sk",
)  # fmt: skip
PAPER_HEADS = (
    "kode", "teks", "teks (en)", "bentuk", "jumlah", "milik", "milik (en)", "tempat", "tempat (en)", "hanya jika",
    "hanya jika (en)", "gambar",
)  # fmt: skip
MORE_HEADS = (
    "kode", "jenis", "teks", "teks (en)", "jumlah rupiah", "rumus", "rumus (en)", "per", "per (en)",
)  # fmt: skip
_PAPER_TEXTS = {"teks": "text", "milik": "whose", "tempat": "where", "hanya jika": "only_if"}


def of_sheets(content: Mapping[str, Any], *, slug: str, agency: str) -> dict[str, Any]:
    """A content as a row of the first sheet and rows of the other two, by their headings; every cell a text."""
    time, fee, decree = (content.get(name) or {} for name in ("time", "fee", "decree"))
    row = {"kode": slug, "instansi": agency}
    for head, key in _TEXTS.items():
        row |= _languages(head, content.get(key) or {})
    if content.get("complaints") == {}:
        row["pengaduan"] = MALL_WAYS
    row |= {head: str(content.get(key) or "") for head, key in _PLAIN.items()}
    row |= {head: "\n".join(content.get(key) or []) for head, key in _LISTS.items()}
    row |= {
        "waktu": _cell(time.get("value")),
        "satuan waktu": _cell(time.get("unit")),
        "waktu sejak": _cell(time.get("starts")),
    }
    row |= _languages("waktu kecuali", time.get("exceptions") or {})
    row["gratis"] = "" if "free" not in fee else "ya" if fee["free"] is True else "tidak"
    row |= _languages("dasar tarif", fee.get("basis") or {}) | _languages("catatan tarif", fee.get("note") or {})
    row |= {
        "jumlah pelaksana": _cell(content.get("staff_count")),
        "no sk": _cell(decree.get("number")),
        "tanggal sk": _cell(decree.get("date")),
    }
    return {
        SERVICES: {head: row.get(head, "") for head in SERVICE_HEADS},
        PAPERS: [_paper_cells(one) for one in content.get("requirements") or []],
        "langkah": [_languages("teks", one) for one in content.get("steps") or []],
        "biaya": [_price_cells(one) for one in fee.get("lines") or []],
        "produk": [_languages("teks", one) for one in content.get("products") or []],
    }


def over_sheets(present: Content, row: Mapping[str, Any], *, slug: str, agency: str) -> Content:
    """A content with what the sheets say differently; empty cells and lists without rows leave it as it is."""
    before = of_sheets(present, slug=slug, agency=agency)
    said = {head: cell for head, cell in row[SERVICES].items() if cell and cell != before[SERVICES].get(head)}
    content = dict(present)
    for head, key in _TEXTS.items():
        _put_text(content, key, head, said)
    if said.get("pengaduan") == MALL_WAYS:
        content["complaints"] = {}
    for head, key in _PLAIN.items():
        if head in said:
            content[key] = said[head] if key == "outside_system" else said[head].strip().lower()
    content |= {key: _listed(said[head]) for head, key in _LISTS.items() if head in said}
    if "jumlah pelaksana" in said:
        content["staff_count"] = _whole(said["jumlah pelaksana"])
    if row[PAPERS] and row[PAPERS] != before[PAPERS]:
        content["requirements"] = _rows_again(row[PAPERS], before[PAPERS], present.get("requirements"), _paper_in)
    for kind, key in (("langkah", "steps"), ("produk", "products")):
        if row[kind] and row[kind] != before[kind]:
            content[key] = _rows_again(row[kind], before[kind], present.get(key), lambda cells: _text_in("teks", cells))
    parts = {
        "time": _time_over(present.get("time") or {}, said),
        "fee": _prices_over(present.get("fee") or {}, said, row["biaya"], before["biaya"]),
        "decree": _decree_over(present.get("decree") or {}, said),
    }
    return content | {name: held for name, held in parts.items() if held}


def _time_over(present: Mapping[str, Any], said: Mapping[str, str]) -> Content:
    time = dict(present)
    for head, key in (("waktu", "value"), ("satuan waktu", "unit"), ("waktu sejak", "starts")):
        if head in said:
            time[key] = _UNITS_READ.get(said[head].casefold(), said[head]) if key == "unit" else _whole(said[head])
    _put_text(time, "exceptions", "waktu kecuali", said)
    return time


def _prices_over(
    present: Mapping[str, Any], said: Mapping[str, str], rows: Sequence[Any], before: Sequence[Any]
) -> Content:
    fee = dict(present)
    if "gratis" in said:
        words = {"ya": True, "tidak": False, "yes": True, "no": False}
        fee["free"] = words.get(said["gratis"].casefold(), said["gratis"])
    _put_text(fee, "basis", "dasar tarif", said)
    _put_text(fee, "note", "catatan tarif", said)
    if rows and rows != before:
        fee["lines"] = _rows_again(rows, before, fee.get("lines"), _price_cells_in)
        fee.setdefault("free", False)
    if fee.get("free") is True and not rows:
        fee.pop("lines", None)
    return fee


def _decree_over(present: Mapping[str, Any], said: Mapping[str, str]) -> Content:
    decree = dict(present)
    for head, key in (("no sk", "number"), ("tanggal sk", "date")):
        if head in said:
            decree[key] = said[head]
    return decree


def _cell(value: Any) -> str:
    return "" if value is None else str(value)


def _languages(head: str, words: Mapping[str, str]) -> dict[str, str]:
    return {head: words.get("id", ""), f"{head} (en)": words.get("en", "")}


def _text_in(head: str, cells: Mapping[str, str], present: Mapping[str, str] | None = None) -> dict[str, str]:
    said = {language: cells[name] for language, name in (("id", head), ("en", f"{head} (en)")) if cells.get(name)}
    return {**(present or {}), **said}


def _put_text(content: Content, key: str, head: str, said: Mapping[str, str]) -> None:
    if said.get(head) or said.get(f"{head} (en)"):
        content[key] = _text_in(head, said, content.get(key))


def _listed(cell: str) -> list[str]:
    return [one.strip() for one in re.split(r"[\n;]", cell) if one.strip()]


def _whole(cell: str) -> Any:
    bare = cell.strip().replace(".", "")
    return int(bare) if bare.isascii() and bare.isdigit() and len(bare) < 16 else cell


def _rows_again(rows: Sequence[Any], before: Sequence[Any], items: Any, make: Callable[[Any], Any]) -> list[Any]:
    held = list(zip(before, items or [], strict=True))
    found = []
    for row in rows:
        known = next((pair for pair in held if pair[0] == row), None)
        if known is not None:
            held.remove(known)
        found.append(known[1] if known is not None else make(row))
    return found


def _paper_cells(one: Mapping[str, Any]) -> dict[str, str]:
    cells: dict[str, str] = {
        "bentuk": one.get("form", "original"),
        "jumlah": str(one.get("count", 1)),
        "gambar": one.get("picture", ""),
    }
    for head, key in _PAPER_TEXTS.items():
        cells |= _languages(head, one.get(key) or {})
    return {head: cells[head] for head in PAPER_HEADS[1:]}


def _paper_in(cells: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {key: words for head, key in _PAPER_TEXTS.items() if (words := _text_in(head, cells))}
    if cells.get("bentuk"):
        found["form"] = _choice_in(cells["bentuk"], standards.FORMS)
    if cells.get("gambar"):
        found["picture"] = _choice_in(cells["gambar"], text.PICTURES)
    if cells.get("jumlah"):
        found["count"] = _whole(cells["jumlah"])
    return found


def _price_cells(one: Mapping[str, Any]) -> dict[str, str]:
    cells = _languages("teks", one.get("label") or {})
    cells |= _languages("rumus", one.get("formula") or {}) | _languages("per", one.get("per") or {})
    return {**cells, "jumlah rupiah": _cell(one.get("amount"))}


def _price_cells_in(cells: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {
        key: words
        for head, key in (("teks", "label"), ("rumus", "formula"), ("per", "per"))
        if (words := _text_in(head, cells))
    }
    if cells.get("jumlah rupiah"):
        found["amount"] = _whole(cells["jumlah rupiah"].removeprefix("Rp").strip())
    return found


def _choice_in(cell: str, choices: Mapping[Any, Any]) -> str:
    """A choice by its key or its words in either language."""
    wanted = cell.strip().casefold()
    for language in ("id", "en"):
        with translation.override(language):
            for key, words in choices.items():
                if wanted == str(words).casefold():
                    return str(key)
    return wanted


def sheet_rows(of: Iterable[tuple[str, Mapping[str, Any]]]) -> dict[str, list[list[str]]]:
    """The three sheets of many services, with their headings, from what `of_sheets` wrote for each slug."""
    sheets: dict[str, list[list[str]]] = {
        SERVICES: [list(SERVICE_HEADS)], PAPERS: [list(PAPER_HEADS)], MORE: [list(MORE_HEADS)]
    }  # fmt: skip
    for slug, rows in of:
        sheets[SERVICES].append([rows[SERVICES][head] for head in SERVICE_HEADS])
        sheets[PAPERS] += [[slug, *(cells[head] for head in PAPER_HEADS[1:])] for cells in rows[PAPERS]]
        for kind in ("langkah", "biaya", "produk"):
            sheets[MORE] += [[slug, kind, *(cells.get(head, "") for head in MORE_HEADS[2:])] for cells in rows[kind]]
    return sheets
