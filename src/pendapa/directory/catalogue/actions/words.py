"""What a mall keeps beside the standards: pledges of agencies, and the words that people say."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from pendapa.base.journal.models import name_of
from pendapa.base.journal.rules import Actor
from pendapa.base.records import actions as records
from pendapa.base.records.models import RemovedRecord
from pendapa.directory.catalogue import rules, statements
from pendapa.directory.catalogue.models import AgencyPledge, MallSynonym, PublicService
from pendapa.directory.malls.models import Agency, Mall


@transaction.atomic
def save_pledge(
    *,
    mall: Mall,
    agency: Agency,
    pledge: AgencyPledge | None,
    values: Mapping[str, Any],
    version: int | None,
    by: Actor | str,
    at: datetime,
) -> AgencyPledge:
    """Keep the pledge of an agency: `text` by language, `signed_by` (an office) and `signed_on`.

    Raises `Faulty` for the text, `ValidationError`, `ChangedMeanwhile`, `Gone`.
    """
    values = dict(values)
    if "text" in values:
        values["text"] = rules.text_from_json(values["text"]).to_json()
    before = pledge.version if pledge else None
    saved = records.save(pledge or AgencyPledge(mall=mall, agency=agency), values, version=version, by=by, at=at)
    if saved.version != before:
        statements.touch(mall.pk)
    return saved


def put_pledge(*, mall: Mall, agency: Agency, values: Mapping[str, Any], by: Actor | str, at: datetime) -> AgencyPledge:
    """Make sure that an agency's pledge is this one, for files. Raises as `save_pledge`."""
    there = AgencyPledge.objects.filter(mall=mall, agency=agency).first()
    return save_pledge(mall=mall, agency=agency, pledge=there, values=values, version=None, by=by, at=at)


@transaction.atomic
def save_synonym(
    *,
    mall: Mall,
    synonym: MallSynonym | None,
    values: Mapping[str, Any],
    version: int | None,
    by: Actor | str,
    at: datetime,
) -> MallSynonym:
    """Keep what people say (`said`) and what it means: words of the catalogue (`means`) or one `service`.

    Raises `ValidationError`, `ChangedMeanwhile`, `Gone`.
    """
    values = dict(values)
    if "said" in values:
        values["said"] = spoken(values["said"])
    if "means" in values:
        values["means"] = spoken(values["means"])
    service = values.get("service")
    if service is not None and service.mall_id != mall.pk:
        raise ValidationError({"service": _("This belongs to another mall.")})
    before = synonym.version if synonym else None
    saved = records.save(synonym or MallSynonym(mall=mall), values, version=version, by=by, at=at)
    if saved.version != before:
        statements.touch(mall.pk)
    return saved


@transaction.atomic
def load_synonyms(
    *, mall: Mall, meanings: Iterable[tuple[str, str | PublicService]], by: Actor | str, at: datetime
) -> int:
    """Add many synonyms from a file; words that have a meaning already keep it. Returns how many are new."""
    known = set(MallSynonym.objects.filter(mall=mall).values_list("said", flat=True))
    new: dict[str, MallSynonym] = {}
    for said, meant in meanings:
        row = MallSynonym(mall=mall, said=spoken(said))
        if isinstance(meant, PublicService):
            row.service = meant
        else:
            row.means = spoken(meant)
        row.clean_fields()
        if meant and isinstance(meant, PublicService) and meant.mall_id != mall.pk:
            raise ValidationError({"service": _("This belongs to another mall.")})
        if row.said not in known:
            new.setdefault(row.said, row)
    MallSynonym.objects.bulk_create(new.values())
    entries = [("mallsynonym.added", name_of(one), {"values": {"said": one.said}}) for one in new.values()]
    statements.record_many(entries, mall=mall.pk, by=by, at=at)
    if new:
        statements.touch(mall.pk)
    return len(new)


@transaction.atomic
def remove_kept(*, record: AgencyPledge | MallSynonym, by: Actor | str, at: datetime) -> RemovedRecord:
    """Remove a pledge or a synonym; `restore_kept` brings it back. Raises `Gone`."""
    removed = records.remove(record, by=by, at=at)
    statements.touch(record.mall_id)
    return removed


@transaction.atomic
def restore_kept(*, mall: Mall, removed: RemovedRecord, by: Actor | str, at: datetime) -> None:
    """Bring back a removed pledge, synonym or draft. Raises `CannotRestore`."""
    records.restore(removed, by=by, at=at)
    statements.touch(mall.pk)


def spoken(words: str) -> str:
    """Words as they are compared: lower case, single spaces."""
    return " ".join(words.casefold().split())
