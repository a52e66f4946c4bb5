"""What this process counts about its own requests; `/metrics` shows it."""

from prometheus_client import Histogram

REQUESTS = Histogram(
    "pendapa_request_seconds",
    "Time from the arrival of a request to its answer, by route (never the path, which may hold a code) and status.",
    labelnames=("method", "route", "status"),
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0),
)
