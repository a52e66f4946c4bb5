"""Whatever a machine makes up from the API's own description: no failure of ours, nothing undescribed."""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from pendapa.server.wsgi import application
from pendapa.web.api.tests.hall import Hall, make_hall

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
BEARERS = (None, "officer", "officer", "kiosk", "host", "wrong")

_schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", application)
OPERATIONS = {found.ok().label: found.ok() for found in _schema.get_all_operations() if isinstance(found, Ok)}


@pytest.fixture
def hall(db: None) -> Hall:
    hall = make_hall()
    hall.call("officer", f"{hall.path}/counters/1/call-next")
    return hall


def test_the_description_names_every_call_of_the_contract() -> None:
    assert len(OPERATIONS) >= 18


@pytest.mark.parametrize("label", OPERATIONS)
def test_a_call_keeps_its_description(hall: Hall, label: str) -> None:
    real: dict[str, Any] = {"mall": hall.mall, "number": 1, "code": hall.waiting().code, "service": hall.service}

    @given(
        case=OPERATIONS[label].as_strategy(),
        who=st.sampled_from(BEARERS),
        known=st.just(set(real)) | st.sets(st.sampled_from(sorted(real))),
        language=st.sampled_from(["id", "en"]),
    )
    @settings(
        max_examples=50,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def tried(case: Case[Any], who: str | None, known: set[str], language: str) -> None:
        for name in known & set(case.path_parameters):  # so that many calls reach something that exists
            case.path_parameters[name] = real[name]
        if "service" in known and isinstance(case.body, dict) and "service" in case.body:
            case.body["service"] = real["service"]
        headers = {"Accept-Language": language}
        if who:
            headers["Authorization"] = f"Bearer {hall.tokens[who]}"
        case.call_and_validate(headers=headers, checks=CHECKS)

    tried()
