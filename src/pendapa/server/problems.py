"""What can keep Pendapa from running, said so that the person at the machine knows what to do."""


class Problem(Exception):
    """Something outside Pendapa's hand stands in the way; the text is one sentence, and no traceback is wanted."""
