"""What others may want to know of people."""

from django.dispatch import Signal

person_left = Signal()
"""Somebody on the staff left and is locked out: `user`, `by`, `at`."""

role_taken = Signal()
"""Somebody has a role less: `user`, `by`, `at`."""
