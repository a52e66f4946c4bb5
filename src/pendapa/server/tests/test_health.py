import json

import pytest
from django.db import connection
from django.test import Client

from pendapa.base.journal import actions as journal
from pendapa.base.journal import queries
from pendapa.web.ui import health

pytestmark = pytest.mark.django_db


@pytest.fixture
def prepared() -> None:
    journal.ensure_partitions()
    journal.open_era()


def test_a_living_process_says_so_without_asking_the_database(client: Client) -> None:
    response = client.get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok\n")


def test_an_installation_in_order_is_ready(client: Client, prepared: None) -> None:
    response = client.get("/readyz")
    answer = json.loads(response.content)
    assert (response.status_code, answer["ready"], answer["reasons"]) == (200, True, [])
    assert "no-store" in response["Cache-Control"]


def test_a_missing_month_makes_it_unready_and_is_named(client: Client, prepared: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_char(now() AT TIME ZONE 'UTC' + interval '1 month', 'YYYY_MM')")
        month = cursor.fetchone()[0]
        cursor.execute("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'journal_entry'::regclass")
        (table,) = [name for (name,) in cursor.fetchall() if name.endswith(month)]
        cursor.execute(f"DROP TABLE {table}")
    response = client.get("/readyz")
    assert response.status_code == 503
    assert json.loads(response.content)["reasons"] == [f"partitions: missing: {month.replace('_', '-')}"]


def test_a_worker_that_stands_still_is_named_and_takes_no_page_away(
    client: Client, prepared: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "lag", lambda: 600.0)
    response = client.get("/readyz")
    answer = json.loads(response.content)
    assert (response.status_code, answer["ready"]) == (200, True)
    assert answer["reasons"] == ["journal_lag: 600.0 s"]


def test_figures_are_readable_by_prometheus(client: Client, prepared: None) -> None:
    client.get("/healthz")
    text = client.get("/metrics").content.decode()
    assert "pendapa_database_up 1.0" in text
    assert 'pendapa_request_seconds_count{method="GET",route="healthz",status="200"}' in text
    assert 'pendapa_jobs{condition="due",queue="now"}' in text
    assert "pendapa_journal_lag_seconds" in text


def test_only_reading_is_possible(client: Client) -> None:
    assert [client.post(path).status_code for path in ("/healthz", "/readyz", "/metrics")] == [405, 405, 405]


def test_all_migrations_are_applied() -> None:
    assert health.migrations().is_right
