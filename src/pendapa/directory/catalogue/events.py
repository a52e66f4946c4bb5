"""What others may want to know of the catalogue."""

from django.dispatch import Signal

# Each is told in the transaction of its act, with `by` and `at`.
version_published = Signal()  # `version`: when it becomes valid stands in it
service_retired = Signal()  # `service`: a receiver that still needs it raises a `Refused`
service_brought_back = Signal()  # `service`
