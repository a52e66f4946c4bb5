"""The thread that ties a log line to the request it belongs to and to the reference on the visitor's error page."""

from contextvars import ContextVar

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""The short reference of the request that is being answered; empty outside a request."""
