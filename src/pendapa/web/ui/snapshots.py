"""Several readings that must agree with each other."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def one_snapshot() -> Iterator[None]:
    """Whatever is read inside is true of one moment, that of the first reading; nothing can be written.

    Without it a number that is called between two readings stands twice on a board, or nowhere. Never waits and is
    never refused by others' writing. Not inside another transaction, which would have begun at another moment.
    """
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield
