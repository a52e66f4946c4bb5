"""What is done to the catalogue."""

from pendapa.directory.catalogue.actions.loading import ServiceRow, load_catalogue, put_service
from pendapa.directory.catalogue.actions.services import (
    bring_back_service,
    retire_service,
    service_named,
    take_names,
)
from pendapa.directory.catalogue.actions.versions import (
    BeginsInThePast,
    DecreeNeedsAll,
    Incomplete,
    NeedsRemark,
    NeedsReviewer,
    NotADraft,
    NotInReview,
    ServiceRetired,
    discard_draft,
    draft_version,
    publish,
    return_to_drafter,
    save_draft,
    submit,
)
from pendapa.directory.catalogue.actions.words import (
    load_synonyms,
    put_pledge,
    remove_kept,
    restore_kept,
    save_pledge,
    save_synonym,
)

__all__ = [
    "BeginsInThePast",
    "DecreeNeedsAll",
    "Incomplete",
    "NeedsRemark",
    "NeedsReviewer",
    "NotADraft",
    "NotInReview",
    "ServiceRetired",
    "ServiceRow",
    "bring_back_service",
    "discard_draft",
    "draft_version",
    "load_catalogue",
    "load_synonyms",
    "publish",
    "put_pledge",
    "put_service",
    "remove_kept",
    "restore_kept",
    "retire_service",
    "return_to_drafter",
    "save_draft",
    "save_pledge",
    "save_synonym",
    "service_named",
    "submit",
    "take_names",
]
