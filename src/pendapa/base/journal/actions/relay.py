"""The relay turns entries into jobs, so that hot acts need write nothing but their entry."""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from threading import Event
from typing import TypeAlias
from uuid import UUID

from django.db import connection, transaction

from pendapa.base import clock
from pendapa.base.journal.actions.eras import open_era
from pendapa.base.journal.models import Cursor, Entry, Undelivered
from pendapa.base.journal.queries.reading import tail
from pendapa.base.journal.rules import VERB

logger = logging.getLogger(__name__)

Handler: TypeAlias = Callable[[list[Entry]], None]

BATCH = 500
_BUSY_PACE, _IDLE_PACE = 0.2, 1.0  # seconds between two looks
_FIRST_WAIT, _LONGEST_WAIT = 5, 3600  # seconds until an entry that failed is tried again
_TROUBLE_PACE = 10.0  # seconds to wait at most while the database cannot be reached

_handlers: dict[str, dict[str, Handler]] = defaultdict(dict)


def on(*verbs: str) -> Callable[[Handler], Handler]:
    """Register a handler for entries with these verbs: `@relay.on("ticket.served")` in an app's `receivers.py`.

    It gets a list of entries and defers jobs; both commit together with the relay's own position, so each entry
    reaches each handler exactly once. It calls nobody outside and works quickly: readers wait for its transaction.
    Its name (module and function) is remembered with entries it could not take, so keep it stable.
    """

    def register(handler: Handler) -> Handler:
        name = name_of_handler(handler)
        for verb in verbs:
            if not VERB.fullmatch(verb):
                raise ValueError(f"{verb!r} is not a verb like 'ticket.issued'")
            if name in _handlers[verb]:
                raise ValueError(f"{name} is registered for {verb} already")
            _handlers[verb][name] = handler
        return handler

    return register


def off(handler: Handler) -> None:
    """Take a handler out again."""
    for registered in _handlers.values():
        registered.pop(name_of_handler(handler), None)


def name_of_handler(handler: Handler) -> str:
    return f"{handler.__module__}.{handler.__qualname__}"


@transaction.atomic
def relay_once(name: str = "relay", limit: int = BATCH) -> int:
    """Pass the next entries on to their handlers and remember the position, in one transaction; return how many.

    While another relay of that name is at work, 0. A handler that raises stops nobody: its batch is given to it entry
    by entry, and those that fail are kept as `Undelivered` and tried again, later and later, until
    they succeed. None is ever dropped; `relay_health()` counts them.
    """
    Cursor.objects.bulk_create([Cursor(name=name, entry=UUID(int=0))], ignore_conflicts=True)
    cursor = Cursor.objects.select_for_update(skip_locked=True).filter(name=name).first()
    if cursor is None:
        return 0
    entries = tail(cursor.position, limit)
    if not entries:
        return 0
    for handler_name, (handler, wanted) in _sorted_out(entries).items():
        _deliver(handler_name, handler, wanted)
    last = entries[-1]
    cursor.era, cursor.xid, cursor.entry, cursor.updated_at = last.era, last.xid, last.id, clock.real_now()
    cursor.save(update_fields=["era", "xid", "entry", "updated_at"])
    return len(entries)


@transaction.atomic
def retry_undelivered(limit: int = 100) -> int:
    """Give entries that failed, and whose waiting time is over, to their handlers again; return how many went well."""
    due = Undelivered.objects.select_for_update(skip_locked=True).filter(next_at__lte=clock.real_now())
    delivered = 0
    for kept in due.order_by("next_at")[:limit]:
        entry = Entry.objects.filter(era=kept.era, xid=kept.xid, id=kept.entry).first()
        handler = _handlers.get(entry.verb, {}).get(kept.handler) if entry else None
        if entry is None:
            error: str | None = "the entry is gone"
        else:
            error = "no such handler" if handler is None else _attempt(handler, [entry])
        if error is None:
            kept.delete()
            delivered += 1
        else:
            kept.error, kept.attempts, kept.next_at = error, kept.attempts + 1, _next_try(kept.attempts)
            kept.save(update_fields=["error", "attempts", "next_at"])
    return delivered


def run_relay(stop: Event) -> None:
    """Relay until told to stop. Opens the era first; outlives a database that goes away and comes back.

    Whatever goes wrong is logged and tried again: a relay that ended by itself would hold up everything in silence.
    """
    trouble = 0
    while not stop.is_set():
        try:
            if trouble or connection.connection is None:
                connection.close()
                open_era()
            trouble = 0
            passed = relay_once()
            retry_undelivered()
        except Exception:
            trouble += 1
            logger.exception("the relay cannot go on", extra={"attempt": trouble})
            stop.wait(min(_IDLE_PACE * 2 ** min(trouble, 10), _TROUBLE_PACE))
            continue
        if passed < BATCH:
            stop.wait(_BUSY_PACE if passed else _IDLE_PACE)
    connection.close()


def _sorted_out(entries: Iterable[Entry]) -> dict[str, tuple[Handler, list[Entry]]]:
    """For each handler its entries, in reading order."""
    found: dict[str, tuple[Handler, list[Entry]]] = {}
    for entry in entries:
        for name, handler in _handlers.get(entry.verb, {}).items():
            found.setdefault(name, (handler, []))[1].append(entry)
    return found


def _deliver(name: str, handler: Handler, entries: list[Entry]) -> None:
    if _attempt(handler, entries) is None:
        return
    for entry in entries:
        error = _attempt(handler, [entry], quietly=True)
        if error is not None:
            kept = Undelivered(
                handler=name, era=entry.era, xid=entry.xid, entry=entry.id, error=error, next_at=_next_try(0)
            )
            Undelivered.objects.bulk_create([kept], ignore_conflicts=True)  # a cursor set back finds it there


def _attempt(handler: Handler, entries: list[Entry], *, quietly: bool = False) -> str | None:
    """Call a handler in a savepoint; return the kind of error it raised, if any.

    The kind only: messages of errors may carry personal data.
    """
    try:
        with transaction.atomic():
            handler(entries)
    except Exception as error:
        if not connection.is_usable():
            raise
        if not quietly:
            logger.exception(
                "a journal handler failed",
                extra={"handler": name_of_handler(handler), "first_entry": str(entries[0].id), "entries": len(entries)},
            )
        return type(error).__name__
    return None


def _next_try(failures: int) -> datetime:
    return clock.real_now() + timedelta(seconds=min(_FIRST_WAIT * 2 ** min(failures, 20), _LONGEST_WAIT))
