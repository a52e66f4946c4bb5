"""How a version of a service is written, reviewed, published, and followed by the next one."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from pendapa.base.journal.models import Entry
from pendapa.base.records import actions as records
from pendapa.directory.catalogue import actions, events, queries, rules
from pendapa.directory.catalogue.models import MallSynonym, PublicService, ServiceVersion
from pendapa.directory.catalogue.rules import Faulty
from pendapa.directory.catalogue.tests.make import (
    NOW,
    REVIEWER,
    TODAY,
    WRITER,
    full_content,
    later,
    make_agency,
    make_draft,
    make_mall,
    make_published,
    make_service,
    make_submitted,
    public_content,
)
from pendapa.directory.malls.models import Mall

pytestmark = pytest.mark.django_db
TOMORROW = TODAY + timedelta(days=1)


@pytest.fixture
def service() -> PublicService:
    return make_service()


def publish(draft: ServiceVersion, *, valid_from: date | None = None, by: str = REVIEWER) -> ServiceVersion:
    return actions.publish(draft=draft, valid_from=valid_from, version=None, by=by, at=NOW)


def spans(service: PublicService) -> dict[int | None, tuple[date | None, date | None]]:
    return {one.number: (one.valid_from, one.valid_until) for one in queries.versions_of(service)}


def test_a_first_draft_knows_the_name_alone(service: PublicService) -> None:
    draft = actions.draft_version(service=service, by=WRITER, at=NOW)
    assert (draft.state, draft.number, str(draft.standard.name)) == ("draft", None, "Akta kelahiran")
    assert rules.done(draft.standard) == 0


def test_whoever_opens_the_draft_again_finds_the_same_one(service: PublicService) -> None:
    first = actions.draft_version(service=service, by=WRITER, at=NOW)
    assert actions.draft_version(service=service, by=REVIEWER, at=NOW) == first


def test_a_draft_may_be_saved_incomplete_and_tells_what_changed(service: PublicService) -> None:
    draft = actions.draft_version(service=service, by=WRITER, at=NOW)
    content = {"name": {"id": "Akta kelahiran"}, "products": [{"id": "Kutipan akta"}]}
    found = actions.save_draft(draft=draft, content=content, version=1, by=REVIEWER, at=NOW)
    assert [change.component for change in found] == ["products"]
    draft.refresh_from_db()
    assert (draft.version, draft.drafted_by) == (2, REVIEWER)


def test_what_changes_nothing_leaves_writer_and_version(service: PublicService) -> None:
    draft = make_draft(service)
    seen = draft.version
    assert actions.save_draft(draft=draft, content=public_content(), version=None, by=REVIEWER, at=NOW) == ()
    draft.refresh_from_db()
    assert (draft.version, draft.drafted_by) == (seen, WRITER)


def test_faulty_content_is_not_saved(service: PublicService) -> None:
    draft = make_draft(service)
    with pytest.raises(Faulty) as refused:
        actions.save_draft(draft=draft, content=public_content(steps="x"), version=None, by=WRITER, at=NOW)
    assert list(refused.value.faults) == ["steps"]


def test_two_who_write_at_once_notice_each_other(service: PublicService) -> None:
    draft = make_draft(service)
    seen = draft.version
    other = public_content(products=[{"id": "Kutipan"}])
    actions.save_draft(draft=draft, content=other, version=seen, by=WRITER, at=NOW)
    with pytest.raises(records.ChangedMeanwhile):
        actions.save_draft(draft=draft, content=public_content(), version=seen, by=REVIEWER, at=NOW)


@pytest.mark.parametrize("component", rules.PUBLIC)
def test_nothing_is_submitted_without_a_public_component(service: PublicService, component: str) -> None:
    content = full_content()
    del content[component]
    del content["decree"]
    draft = make_draft(service, content)
    with pytest.raises(actions.Incomplete) as refused:
        actions.submit(draft=draft, version=None, by=WRITER, at=NOW)
    assert refused.value.facts["missing"] == [component]
    assert str(rules.LABELS[component]) in refused.value.sentence


def test_what_is_in_review_is_not_written_in(service: PublicService) -> None:
    draft = make_submitted(service)
    with pytest.raises(actions.NotADraft):
        actions.save_draft(draft=draft, content=full_content(), version=None, by=WRITER, at=NOW)
    with pytest.raises(actions.NotADraft):
        actions.submit(draft=draft, version=None, by=WRITER, at=NOW)


def test_a_version_goes_back_with_a_remark(service: PublicService) -> None:
    draft = make_submitted(service)
    with pytest.raises(actions.NeedsRemark):
        actions.return_to_drafter(draft=draft, remark=" ", version=None, by=REVIEWER, at=NOW)
    actions.return_to_drafter(draft=draft, remark="Biaya salah", version=None, by=REVIEWER, at=NOW)
    draft.refresh_from_db()
    assert (draft.state, draft.remark, draft.submitted_by) == ("draft", "Biaya salah", "")
    with pytest.raises(actions.NotInReview):
        actions.return_to_drafter(draft=draft, remark="Lagi", version=None, by=REVIEWER, at=NOW)


def test_a_draft_is_published_only_through_review(service: PublicService) -> None:
    with pytest.raises(actions.NotInReview):
        publish(make_draft(service))


def test_the_writer_cannot_publish(service: PublicService) -> None:
    with pytest.raises(actions.NeedsReviewer):
        publish(make_submitted(service), by=WRITER)


def test_a_published_version_names_everyone_and_its_days(service: PublicService) -> None:
    version = publish(make_submitted(service, full_content("Akta kelahiran baru")))
    version.refresh_from_db()
    assert (version.number, version.valid_from, version.valid_until) == (1, TODAY, None)
    assert (version.drafted_by, version.reviewed_by, version.published_by) == (WRITER, REVIEWER, REVIEWER)
    assert (version.decree_number, version.decree_date) == ("188/14/KEPT/403.111/2026", date(2026, 1, 5))
    assert version.digest == rules.digest(version.content)
    service.refresh_from_db()
    assert service.name == "Akta kelahiran baru"
    entry = Entry.objects.get(verb="serviceversion.published")
    assert (entry.actor, entry.mall, entry.data["number"]) == (REVIEWER, service.mall_id, 1)


def test_the_day_is_that_of_the_mall(service: PublicService) -> None:
    Mall.objects.filter(pk=service.mall_id).update(time_zone="Asia/Jayapura")
    late = NOW.replace(hour=16)  # past midnight in WIT
    draft = make_submitted(service)
    with pytest.raises(actions.BeginsInThePast):
        actions.publish(draft=draft, valid_from=TODAY, version=None, by=REVIEWER, at=late)
    version = actions.publish(draft=draft, valid_from=None, version=None, by=REVIEWER, at=late)
    assert version.valid_from == TOMORROW


def test_without_decree_six_components_are_enough(service: PublicService) -> None:
    assert publish(make_submitted(service)).decree_number == ""


@pytest.mark.parametrize("component", rules.INTERNAL)
def test_a_decree_needs_all_fourteen(service: PublicService, component: str) -> None:
    content = full_content()
    del content[component]
    with pytest.raises(actions.DecreeNeedsAll) as refused:
        publish(make_submitted(service, content))
    assert refused.value.facts["missing"] == [component]


def test_the_next_version_begins_with_the_last_and_ends_it_the_day_before(service: PublicService) -> None:
    first = make_published(service)
    draft = actions.draft_version(service=service, by=WRITER, at=NOW)
    assert draft.content == first.content
    make_published(service, full_content(), valid_from=TODAY + timedelta(days=7))
    assert spans(service) == {2: (date(2026, 12, 1), None), 1: (TODAY, date(2026, 11, 30))}
    first.refresh_from_db()
    assert queries.version_on(service, date(2026, 11, 30)) == first


def test_a_correction_on_the_same_day_leaves_no_day_to_the_one_before(service: PublicService) -> None:
    make_published(service)
    second = make_published(service, full_content())
    assert spans(service) == {2: (TODAY, None), 1: (TODAY, TODAY - timedelta(days=1))}
    assert queries.version_on(service, TODAY) == second


def test_what_was_to_begin_later_never_does_when_something_newer_begins_before(service: PublicService) -> None:
    make_published(service)
    make_published(service, full_content("Nanti"), valid_from=TODAY + timedelta(days=30))
    third = make_published(service, full_content("Besok"), valid_from=TOMORROW)
    assert queries.version_on(service, TODAY + timedelta(days=40)) == third
    assert spans(service)[1] == (TODAY, TODAY)


def test_a_version_that_begins_later_brings_its_name_then(service: PublicService) -> None:
    make_published(service)
    make_published(service, full_content("Akta lahir"), valid_from=TOMORROW)
    assert actions.take_names(mall=service.mall, by=None, at=NOW) == 0
    before = queries.revision(service.mall, TODAY)
    assert actions.take_names(mall=service.mall, by=None, at=later(1)) == 1
    service.refresh_from_db()
    assert service.name == "Akta lahir"
    assert queries.revision(service.mall, TODAY) != before
    assert actions.take_names(mall=service.mall, by=None, at=later(1)) == 0


def test_the_number_of_a_version_names_it_for_ever(service: PublicService) -> None:
    first = make_published(service)
    make_published(service, full_content())
    actions.retire_service(service=service, version=None, by=REVIEWER, at=NOW)
    found = queries.version_numbered(service.mall, service.slug, 1)
    assert found == first
    assert found is not None
    assert found.digest == first.digest


def test_a_discarded_draft_can_come_back(service: PublicService) -> None:
    draft = make_draft(service)
    removed = actions.discard_draft(draft=draft, by=WRITER, at=NOW)
    assert queries.open_draft(service) is None
    actions.restore_kept(mall=service.mall, removed=removed, by=WRITER, at=NOW)
    back = queries.open_draft(service)
    assert back is not None
    assert back.content == public_content()


def test_it_cannot_come_back_beside_another_draft(service: PublicService) -> None:
    removed = actions.discard_draft(draft=make_draft(service), by=WRITER, at=NOW)
    make_draft(service)
    with pytest.raises(records.CannotRestore):
        actions.restore_kept(mall=service.mall, removed=removed, by=WRITER, at=NOW)


def test_what_is_published_is_not_discarded(service: PublicService) -> None:
    with pytest.raises(actions.NotADraft):
        actions.discard_draft(draft=make_published(service), by=REVIEWER, at=NOW)


def test_a_retired_service_is_not_shown_and_nothing_is_written_for_it(service: PublicService) -> None:
    make_published(service)
    actions.retire_service(service=service, version=None, by=REVIEWER, at=NOW)
    actions.retire_service(service=service, version=None, by=REVIEWER, at=NOW)
    assert not queries.services_of(service.mall).exists()
    assert not queries.catalogue_of(service.mall, TODAY).exists()
    assert Entry.objects.filter(verb="publicservice.retired").count() == 1
    with pytest.raises(actions.ServiceRetired):
        actions.draft_version(service=service, by=WRITER, at=NOW)
    actions.bring_back_service(service=service, by=REVIEWER, at=NOW)
    assert queries.catalogue_of(service.mall, TODAY).count() == 1


def test_a_receiver_may_keep_a_service(service: PublicService) -> None:
    class StillNeeded(actions.ServiceRetired):
        pass

    def keep(**told: Any) -> None:
        raise StillNeeded("A queue takes it.")

    events.service_retired.connect(keep)
    try:
        with pytest.raises(StillNeeded):
            actions.retire_service(service=service, version=None, by=REVIEWER, at=NOW)
    finally:
        events.service_retired.disconnect(keep)
    service.refresh_from_db()
    assert not service.is_retired


def test_a_service_is_known_by_its_name_until_it_has_more() -> None:
    mall = make_mall()
    agency = make_agency(mall)
    first = actions.service_named(mall=mall, agency=agency, name="Surat pindah", by=WRITER, at=NOW)
    assert actions.service_named(mall=mall, agency=agency, name="SURAT PINDAH", by=WRITER, at=NOW) == first
    assert first.slug == "surat-pindah"
    assert list(queries.without_standard(mall, TODAY)) == [first]


def test_a_pledge_is_kept_once_for_an_agency() -> None:
    mall = make_mall()
    agency = make_agency(mall)
    values = {"text": {"id": "Kami berjanji", "en": ""}, "signed_by": "Kepala Dinas", "signed_on": date(2026, 1, 5)}
    keep: Any = {"mall": mall, "agency": agency, "by": WRITER, "at": NOW}
    pledge = actions.save_pledge(**keep, pledge=None, values=values, version=None)
    assert pledge.text == {"id": "Kami berjanji"}
    assert actions.put_pledge(**keep, values=values) == pledge
    with pytest.raises(ValidationError):
        actions.save_pledge(**keep, pledge=None, values=values, version=None)
    with pytest.raises(Faulty):
        actions.save_pledge(**keep, pledge=pledge, values={"text": {"en": "We promise"}}, version=None)


def test_a_synonym_means_words_or_one_service_of_the_mall(service: PublicService) -> None:
    keep: Any = {"mall": service.mall, "synonym": None, "version": None, "by": WRITER, "at": NOW}
    words = actions.save_synonym(**keep, values={"said": "  Bikin  SKCK ", "means": "SKCK baru"})
    assert (words.said, words.means) == ("bikin skck", "skck baru")
    assert actions.save_synonym(**keep, values={"said": "akte", "service": service}).service == service
    for values in (
        {"said": "bikin skck", "means": "lain"},
        {"said": "kosong"},
        {"said": "dua", "means": "dua", "service": service},
        {"said": "jauh", "service": make_service()},
    ):
        with pytest.raises(ValidationError):
            actions.save_synonym(**keep, values=values)


def test_many_synonyms_are_loaded_once(service: PublicService) -> None:
    meanings: list[tuple[str, str | PublicService]] = [("Akte", service), ("ngurus", "pengurusan"), ("akte", "akta")]
    assert actions.load_synonyms(mall=service.mall, meanings=meanings, by=WRITER, at=NOW) == 2
    assert actions.load_synonyms(mall=service.mall, meanings=meanings, by=WRITER, at=NOW) == 0
    assert MallSynonym.objects.get(said="akte").service == service
    assert Entry.objects.filter(verb="mallsynonym.added").count() == 2


def test_a_synonym_can_be_removed_and_come_back(service: PublicService) -> None:
    actions.load_synonyms(mall=service.mall, meanings=[("akte", service)], by=WRITER, at=NOW)
    removed = actions.remove_kept(record=MallSynonym.objects.get(), by=WRITER, at=NOW)
    assert not MallSynonym.objects.exists()
    actions.restore_kept(mall=service.mall, removed=removed, by=WRITER, at=NOW)
    assert MallSynonym.objects.get().said == "akte"
