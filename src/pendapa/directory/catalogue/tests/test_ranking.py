"""What a search finds, in what order and why."""

import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pendapa.directory.catalogue.finding import dictionary
from pendapa.directory.catalogue.rules.ranking import Entry, Field, Found, Index

SERVICES = (
    ("ktp-baru", "KTP-el baru", "New identity card", "Dukcapil", ""),
    (
        "ktp-hilang",
        "KTP-el hilang atau rusak",
        "Lost or damaged identity card",
        "Dukcapil",
        "Surat kehilangan dari polisi",
    ),
    ("kk", "Perubahan data kartu keluarga", "Change of family card", "Dukcapil", "Kartu keluarga lama"),
    ("akta-lahir", "Akta kelahiran", "Birth certificate", "Dukcapil", "Surat keterangan lahir"),
    ("akta-lahir-telat", "Akta kelahiran yang terlambat dilaporkan", "Late birth certificate", "Dukcapil", "KTP-el"),
    ("akta-mati", "Akta kematian", "Death certificate", "Dukcapil", "Surat keterangan kematian"),
    ("balik-nama", "Balik nama sertipikat karena jual beli", "Land title transfer after a sale", "ATR/BPN", "KTP-el"),
    ("samsat", "Pengesahan STNK tahunan", "Yearly vehicle tax", "Samsat", "STNK"),
    ("halal", "Pendampingan sertifikat halal", "Help with halal certificates", "Kemenag", "NIB"),
    ("skck", "SKCK baru", "Police record certificate", "Polres", "KTP-el"),
)


def entry(number: int, *texts_of: str) -> Entry:
    slug, name, english, agency, requirement = (*texts_of, "", "", "")[:5]
    texts = {
        Field.NAME: [("id", name), ("en", english)],
        Field.AGENCY: [("id", agency)],
        Field.REQUIREMENT: [("id", requirement)],
    }
    return Entry(number, slug, texts)


ENTRIES = [entry(number, *service) for number, service in enumerate(SERVICES)]
INDEX = Index(ENTRIES, dictionary())


def slugs(text: str, index: Index = INDEX) -> list[str]:
    return [hit.slug for hit in index.search(text).hits]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("akta kelahiran", "akta-lahir"),
        ("akta kelahiran terlambat", "akta-lahir-telat"),
        ("AKTE lahir telat dong", "akta-lahir-telat"),
        ("ktp ilang", "ktp-hilang"),
        ("ktp hilnag", "ktp-hilang"),
        ("KTP sobek", "ktp-hilang"),
        ("bikin ktp", "ktp-baru"),
        ("kartu keluraga", "kk"),
        ("ngubah kk", "kk"),
        ("balinama tanah", "balik-nama"),
        ("kartukeluarga", "kk"),
        ("pajak motor", "samsat"),
        ("surat kelakuan baik", "skck"),
        ("birth certificate", "akta-lahir"),
        ("lost identity card", "ktp-hilang"),
        ("bapak meninggal", "akta-mati"),
        ("kemenag", "halal"),
        ("bpn", "balik-nama"),
        ("akta kemat", "akta-mati"),
        ("e-ktp hilang", "ktp-hilang"),
        (
            "saya mau tanya dong kak kalau nanti saya di sana bagaimana ya caranya untuk ngurus ktp yang hilang",
            "ktp-hilang",
        ),
    ],
)
def test_the_service_that_people_mean_comes_first(text: str, first: str) -> None:
    assert slugs(text)[0] == first


@pytest.mark.parametrize("text", ["", "  ", "?", "xyzzyqwrt", "yang dan di", "\x00", "💥"])
def test_what_means_nothing_finds_nothing(text: str) -> None:
    assert INDEX.search(text) == Found()


def test_a_search_that_was_corrected_says_for_what_it_is_shown() -> None:
    assert INDEX.search("ktp hilnag").shown_for == "ktp hilang"
    assert INDEX.search("kartukeluarga baru").shown_for == "kartu keluarga baru"
    assert INDEX.search("ktp hilang").shown_for == ""
    assert INDEX.search("akta kemat").shown_for == ""  # still being typed


def test_a_hit_says_where_its_words_were_found() -> None:
    first = INDEX.search("akte kematian dukcapil").hits[0]
    assert [(why.field, why.words) for why in first.why] == [
        (Field.NAME, ("akta", "kematian")),
        (Field.AGENCY, ("dukcapil",)),
    ]


def test_the_last_word_may_be_unfinished_until_a_space_follows() -> None:
    assert slugs("hala")[0] == "halal"
    assert "samsat" in slugs("sams")
    assert slugs("kem ") != slugs("kem")


def test_popularity_decides_between_equals_and_no_more() -> None:
    equals = [Entry(n, f"sama-{n}", {Field.NAME: [("id", "Izin usaha")]}, popularity=n) for n in range(3)]
    better = Entry(9, "lebih", {Field.NAME: [("id", "Izin usaha tambak")]})
    index = Index([*equals, better], dictionary())
    assert slugs("izin usaha", index)[:3] == ["sama-2", "sama-1", "sama-0"]
    assert slugs("izin usaha tambak", index)[0] == "lebih"


def test_words_of_the_mall_are_understood() -> None:
    index = Index(ENTRIES, dictionary(), {"layang bebungah": "akta kelahiran", "pasar baru": "samsat"})
    assert slugs("layang bebungah", index)[0] == "akta-lahir"
    assert slugs("pasar baru", index)[0] == "samsat"


def test_words_said_of_one_service_lead_to_it() -> None:
    said = Entry(50, "khusus", {Field.NAME: [("id", "Surat jalan")], Field.SYNONYM: [("id", "ketawang")]})
    assert slugs("ketawang", Index([*ENTRIES, said], dictionary()))[0] == "khusus"


TYPED = st.lists(
    st.sampled_from(
        [
            "akta",
            "kelahiran",
            "ktp",
            "hilang",
            "ilang",
            "sobek",
            "kartukeluarga",
            "sertifikat",
            "pajak",
            "motor",
            "hilnag",
            "birth",
            "baru",
        ]
    ),
    min_size=1,
    max_size=5,
).map(" ".join)


@settings(deadline=None)
@given(TYPED, st.sampled_from(["{}!", "¿{}?", "  {}", "{},", '"{}"']))
def test_the_order_does_not_depend_on_capitals_and_punctuation(text: str, frame: str) -> None:
    assert slugs(frame.format(text.upper())) == slugs(text)


@settings(deadline=None)
@given(TYPED, st.integers(1, 12))
def test_an_unrelated_service_never_removes_a_hit(text: str, count: int) -> None:
    others = [entry(100 + number, f"lain-{number}", f"Zzqv{number} xwqzz") for number in range(count)]
    assert set(slugs(text, Index([*ENTRIES, *others], dictionary()))) == set(slugs(text))


@settings(deadline=None)
@given(st.randoms(use_true_random=False), TYPED)
def test_the_order_of_the_catalogue_changes_nothing(chance: random.Random, text: str) -> None:
    shuffled = [*ENTRIES]
    chance.shuffle(shuffled)
    assert slugs(text, Index(shuffled, dictionary())) == slugs(text)


@settings(deadline=None)
@given(st.text(max_size=3000), st.sampled_from(["id", "en", "jv", "xx"]))
def test_no_search_breaks_it(text: str, language: str) -> None:
    found = INDEX.search(text, language=language, limit=5)
    assert len(found.hits) <= 5
    assert len(found.shown_for) <= 12 * 2 * 41


@pytest.mark.parametrize(
    "text",
    ["a" * 1_000_000, "akta " * 100_000, "ktpbaruhilang" * 40_000, "-" * 1_000_000, "\u0301" * 500_000, "ﷺ" * 100_000],
)
def test_a_huge_search_takes_no_longer_than_a_long_one(text: str) -> None:
    began = time.process_time()
    INDEX.search(text)
    assert time.process_time() - began < 0.5


def test_an_empty_catalogue_finds_nothing() -> None:
    assert Index([], dictionary()).search("akta") == Found()
