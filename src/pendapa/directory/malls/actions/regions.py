"""Regions come from a vendored data set and from the laws that split some of them."""

import csv
from collections.abc import Iterator
from importlib.resources import files

from django.db import transaction

from pendapa.directory.malls.models import FormerRegion, Region, RegionLevel

_FIRST_CITY = 71  # the number within its province from which a regency is a city

_PAPUA_SELATAN, _PAPUA_TENGAH = "UU 14/2022", "UU 15/2022"
_PAPUA_PEGUNUNGAN, _PAPUA_BARAT_DAYA = "UU 16/2022", "UU 29/2022"
_KALIMANTAN_UTARA = "UU 20/2012"

# Former code: (name then, present code, law). Papua (91) and West Papua (92) gave their southern, central, highland and
# south-western regencies to new provinces in 2022, East Kalimantan (64) its north in 2012. The former codes of Malinau
# and Nunukan are left out: the sources at hand do not agree which was 64.05 and which 64.06.
FORMER = {
    "91.01": ("Kabupaten Merauke", "93.01", _PAPUA_SELATAN),
    "91.16": ("Kabupaten Boven Digoel", "93.02", _PAPUA_SELATAN),
    "91.17": ("Kabupaten Mappi", "93.03", _PAPUA_SELATAN),
    "91.18": ("Kabupaten Asmat", "93.04", _PAPUA_SELATAN),
    "91.04": ("Kabupaten Nabire", "94.01", _PAPUA_TENGAH),
    "91.07": ("Kabupaten Puncak Jaya", "94.02", _PAPUA_TENGAH),
    "91.08": ("Kabupaten Paniai", "94.03", _PAPUA_TENGAH),
    "91.09": ("Kabupaten Mimika", "94.04", _PAPUA_TENGAH),
    "91.25": ("Kabupaten Puncak", "94.05", _PAPUA_TENGAH),
    "91.26": ("Kabupaten Dogiyai", "94.06", _PAPUA_TENGAH),
    "91.27": ("Kabupaten Intan Jaya", "94.07", _PAPUA_TENGAH),
    "91.28": ("Kabupaten Deiyai", "94.08", _PAPUA_TENGAH),
    "91.02": ("Kabupaten Jayawijaya", "95.01", _PAPUA_PEGUNUNGAN),
    "91.12": ("Kabupaten Pegunungan Bintang", "95.02", _PAPUA_PEGUNUNGAN),
    "91.13": ("Kabupaten Yahukimo", "95.03", _PAPUA_PEGUNUNGAN),
    "91.14": ("Kabupaten Tolikara", "95.04", _PAPUA_PEGUNUNGAN),
    "91.21": ("Kabupaten Mamberamo Tengah", "95.05", _PAPUA_PEGUNUNGAN),
    "91.22": ("Kabupaten Yalimo", "95.06", _PAPUA_PEGUNUNGAN),
    "91.23": ("Kabupaten Lanny Jaya", "95.07", _PAPUA_PEGUNUNGAN),
    "91.24": ("Kabupaten Nduga", "95.08", _PAPUA_PEGUNUNGAN),
    "92.01": ("Kabupaten Sorong", "96.01", _PAPUA_BARAT_DAYA),
    "92.04": ("Kabupaten Sorong Selatan", "96.02", _PAPUA_BARAT_DAYA),
    "92.05": ("Kabupaten Raja Ampat", "96.03", _PAPUA_BARAT_DAYA),
    "92.09": ("Kabupaten Tambrauw", "96.04", _PAPUA_BARAT_DAYA),
    "92.10": ("Kabupaten Maybrat", "96.05", _PAPUA_BARAT_DAYA),
    "92.71": ("Kota Sorong", "96.71", _PAPUA_BARAT_DAYA),
    "64.04": ("Kabupaten Bulungan", "65.01", _KALIMANTAN_UTARA),
    "64.10": ("Kabupaten Tana Tidung", "65.04", _KALIMANTAN_UTARA),
    "64.73": ("Kota Tarakan", "65.71", _KALIMANTAN_UTARA),
}


@transaction.atomic
def load_regions() -> int:
    """Bring the regions in line with the data set; returns how many rows were new or differed.

    Regions that the data set no longer has stay, since malls and agencies may refer to them.
    """
    wanted = {region.code: region for region in _regions()}
    known = {row[0]: row[1:] for row in Region.objects.values_list("code", "name", "level", "parent_id")}
    changed = [
        region
        for code, region in wanted.items()
        if known.get(code) != (region.name, str(region.level), region.parent_id)
    ]
    Region.objects.bulk_create(
        changed,
        batch_size=2000,
        update_conflicts=True,
        unique_fields=["code"],
        update_fields=["name", "level", "parent"],
    )
    former = {row[0]: row[1:] for row in FormerRegion.objects.values_list("code", "name", "successor_id", "basis")}
    turned = [
        FormerRegion(code=code, name=name, successor_id=successor, basis=basis)
        for code, (name, successor, basis) in FORMER.items()
        if former.get(code) != (name, successor, basis)
    ]
    FormerRegion.objects.bulk_create(
        turned, update_conflicts=True, unique_fields=["code"], update_fields=["name", "successor", "basis"]
    )
    return len(changed) + len(turned)


def _regions() -> Iterator[Region]:
    """All regions of the data set, those above before those within."""
    for row in _rows("provinces"):
        yield Region(code=row["code"], name=row["name"], level=RegionLevel.PROVINCE)
    for row in _rows("regencies"):
        is_city = int(row["code"].partition(".")[2]) >= _FIRST_CITY
        level = RegionLevel.CITY if is_city else RegionLevel.REGENCY
        yield Region(code=row["code"], name=row["name"], level=level, parent_id=row["province_code"])
    for row in _rows("districts"):
        yield Region(code=row["code"], name=row["name"], level=RegionLevel.DISTRICT, parent_id=row["regency_code"])


def _rows(name: str) -> Iterator[dict[str, str]]:
    file = files("pendapa.directory.malls").joinpath("data", "regions", f"{name}.csv")
    yield from csv.DictReader(file.read_text("utf-8").splitlines())
