"""What machines ask an installation: does the process live, can it work, and what are its figures."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector

from pendapa.base import clock, jobs
from pendapa.base.journal import queries as journal
from pendapa.operations.queueing.models import Ticket

CLOCK_DIFFERENCE = 2.0  # seconds that a machine and its database may differ
JOURNAL_LAG = 120.0  # seconds


@dataclass(frozen=True)
class Check:
    """One thing that has to be right: what was found, and what to do when it is wrong."""

    name: str
    is_right: bool
    found: str
    advice: str = ""


def unapplied_migrations() -> list[str]:
    """Migrations that the code has and the database has not."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _backwards in plan]


def database() -> Check:
    """Whether the database answers."""
    try:
        connection.ensure_connection()
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        return Check("database", False, type(error).__name__, "Start the database, or look at its log.")
    server: int = connection.pg_version  # type: ignore[attr-defined]  # of Django's PostgreSQL only
    return Check("database", True, f"PostgreSQL {server // 10_000}")


def migrations() -> Check:
    """Whether the database has the shape that the code expects."""
    missing = unapplied_migrations()
    return Check("migrations", not missing, ", ".join(missing) or "applied", "Run `pendapa migrate`.")


def partitions() -> Check:
    """Whether the journal has its table for this month and the next one."""
    missing = [f"{month:%Y-%m}" for month in journal.missing_partitions()]
    found = f"missing: {', '.join(missing)}" if missing else "made ahead"
    return Check("partitions", not missing, found, "Run `pendapa migrate`, and keep `pendapa work` running.")


def era() -> Check:
    """Whether the journal's era is that of this database cluster; after a restore it is not, until it is opened."""
    fits = journal.era_is_open()
    return Check("era", fits, "open" if fits else "of another cluster", "Run `pendapa migrate`.")


def relay() -> Check:
    """Whether the journal is passed on to jobs in time."""
    lag = journal.lag()
    return Check("journal_lag", lag <= JOURNAL_LAG, f"{lag:.1f} s", "Start `pendapa work`, or look at its log.")


def clocks() -> Check:
    """Whether this machine and the database agree about the time."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        difference = abs((clock.real_now() - cursor.fetchone()[0]).total_seconds())
    advice = "Set the clocks of this machine and of the database's machine by NTP."
    return Check("clock", difference <= CLOCK_DIFFERENCE, f"{difference:.2f} s apart", advice)


ELSEWHERE = frozenset({"journal_lag"})
"""Checks of other processes: pages still work without them, so a failure is shown and no page is taken away."""

READINESS: tuple[Callable[[], Check], ...] = (migrations, partitions, era, relay, clocks)


def readiness() -> list[Check]:
    """Everything that has to be right before this process should get requests."""
    first = database()
    return [first, *(check() for check in READINESS)] if first.is_right else [first]


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process lives; of what it depends on it says nothing, so nobody restarts it for a database that is away."""
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")


@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """The process can work: 200, or 503 with the reasons."""
    checks = readiness()
    wrong = [check for check in checks if not check.is_right and check.name not in ELSEWHERE]
    answer = {
        "ready": not wrong,
        "reasons": [f"{check.name}: {check.found}" for check in checks if not check.is_right],
        "checks": {check.name: check.found for check in checks},
    }
    return HttpResponse(json.dumps(answer) + "\n", content_type="application/json", status=503 if wrong else 200)


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Figures for Prometheus: requests of all workers of this server, and the installation's own from the database."""
    registry = REGISTRY
    if settings.METRICS_FOLDER:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # the library's signature has no types
    installation = CollectorRegistry()
    installation.register(_Installation())
    text = generate_latest(registry) + generate_latest(installation)
    return HttpResponse(text, content_type=CONTENT_TYPE_LATEST)


class _Installation:
    """Figures that are the same whichever process is asked."""

    def collect(self) -> Iterable[Metric]:
        """Read them from the database; without one, only say so."""
        up = database().is_right
        yield GaugeMetricFamily("pendapa_database_up", "1 when the database answers.", value=float(up))
        if up:
            yield from self._read()

    def _read(self) -> Iterable[Metric]:
        tickets = GaugeMetricFamily("pendapa_tickets", "Numbers of the last two days, by state.", labels=["state"])
        for state, count in _tickets_by_state():
            tickets.add_metric([state], count)
        yield tickets
        relay_health = journal.relay_health()
        for name, text, value in (
            ("lag_seconds", "Age of the oldest journal entry that was not passed on.", relay_health.lag),
            ("held_back_seconds", "Age of the oldest transaction that writes.", relay_health.held_back),
            ("undelivered", "Journal entries that a handler could not take so far.", relay_health.undelivered),
        ):
            yield GaugeMetricFamily(f"pendapa_journal_{name}", text, value=value)
        queued = GaugeMetricFamily("pendapa_jobs", "Jobs by queue and condition.", labels=["queue", "condition"])
        oldest = GaugeMetricFamily("pendapa_jobs_oldest_seconds", "Age of the oldest due job.", labels=["queue"])
        for queue, figures in jobs.backlog().items():
            oldest.add_metric([queue], figures["oldest"])
            for condition in ("due", "later", "doing", "failed"):
                queued.add_metric([queue, condition], figures[condition])
        yield queued
        yield oldest


def _tickets_by_state() -> Iterable[tuple[str, Any]]:
    """Counted over first numbers only: what continues a transferred number is not another visitor."""
    since = (clock.now() - timedelta(days=1)).date()
    current = Ticket.objects.filter(predecessor__isnull=True, day__date__gte=since)
    return current.values_list("state").annotate(Count("pk")).order_by("state")
