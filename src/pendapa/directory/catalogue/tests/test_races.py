"""Two acts on one service in the same moment: one version is published once, and nothing slips past a review."""

import pytest
from tests.concurrency.stage import holding, outcome

from pendapa.base.journal.models import Entry
from pendapa.base.records.actions import ChangedMeanwhile
from pendapa.directory.catalogue import actions, queries
from pendapa.directory.catalogue.actions import NotADraft, NotInReview, versions
from pendapa.directory.catalogue.models import PublicService, ServiceVersion
from pendapa.directory.catalogue.tests.make import (
    NOW,
    REVIEWER,
    WRITER,
    make_draft,
    make_service,
    make_submitted,
    public_content,
)

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]
SERVICE = "SELECT FROM catalogue_publicservice WHERE id = %s FOR UPDATE"
NOBODY_WRITES = "LOCK TABLE catalogue_serviceversion IN SHARE MODE"


def again(version: ServiceVersion) -> ServiceVersion:
    """The same row in the hands of somebody else."""
    return ServiceVersion.objects.select_related("service__mall").get(pk=version.pk)


def one_of_two_publishes() -> None:
    draft = make_submitted(make_service())

    def publish(mine: ServiceVersion, by: str) -> int | None:
        return actions.publish(draft=mine, valid_from=None, version=None, by=by, at=NOW).number

    pages = [(again(draft), REVIEWER), (again(draft), "user:3")]
    with holding(SERVICE, draft.service_id) as stage:
        both = [stage.begin(lambda page=page: publish(*page)) for page in pages]  # type: ignore[misc]  # mypy cannot infer it
        stage.release()
    assert [outcome(one) for one in both] == [1, NotInReview]
    assert Entry.objects.filter(verb="serviceversion.published").count() == 1
    assert again(draft).reviewed_by == REVIEWER


def test_two_who_publish_at_once_publish_once() -> None:
    one_of_two_publishes()


def test_without_the_second_look_they_collide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(versions, "_lock", lambda _draft, _version: None)
    with pytest.raises(AssertionError):
        one_of_two_publishes()


def nothing_slips_past_the_review() -> None:
    draft = make_draft(make_service())
    reviewed = again(draft).digest
    mine, yours = again(draft), again(draft)
    other = public_content(products=[{"id": "Sesuatu yang lain"}])

    def submit() -> None:
        actions.submit(draft=mine, version=None, by=WRITER, at=NOW)

    def save() -> None:
        actions.save_draft(draft=yours, content=other, version=None, by=WRITER, at=NOW)

    with holding(SERVICE, draft.service_id) as stage:
        both = [stage.begin(submit), stage.begin(save)]
        stage.release()
    assert [outcome(one) for one in both] == [None, NotADraft]
    assert again(draft).digest == reviewed


def test_what_is_submitted_is_not_written_in_by_a_late_save() -> None:
    nothing_slips_past_the_review()


def test_without_the_second_look_a_late_save_slips_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(versions, "_lock", lambda _draft, _version: None)
    with pytest.raises(AssertionError):
        nothing_slips_past_the_review()


def test_who_submits_what_was_just_changed_notices() -> None:
    draft = make_draft(make_service())
    seen = draft.version
    other = public_content(products=[{"id": "Sesuatu yang lain"}])

    def save() -> None:
        actions.save_draft(draft=again(draft), content=other, version=seen, by=REVIEWER, at=NOW)

    def submit() -> None:
        actions.submit(draft=again(draft), version=seen, by=WRITER, at=NOW)

    with holding(SERVICE, draft.service_id) as stage:
        both = [stage.begin(save), stage.begin(submit)]
        stage.release()
    assert [outcome(one) for one in both] == [None, ChangedMeanwhile]
    assert again(draft).state == "draft"


def one_draft_is_begun() -> None:
    service = make_service()

    def draft() -> int:
        mine = PublicService.objects.get(pk=service.pk)
        return actions.draft_version(service=mine, by=WRITER, at=NOW).pk

    with holding(NOBODY_WRITES) as stage:
        both = [stage.begin(draft), stage.begin(draft)]
        stage.release()
    begun = queries.open_draft(service)
    assert begun is not None
    assert [outcome(one) for one in both] == [begun.pk, begun.pk]


def test_two_who_begin_at_once_find_one_draft() -> None:
    one_draft_is_begun()


def test_without_the_lock_the_second_is_turned_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(versions, "_lock_service", lambda _service: None)
    with pytest.raises(AssertionError):
        one_draft_is_begun()
