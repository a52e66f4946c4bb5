"""The one kind of error that is meant for people."""

import re
from typing import Any, ClassVar


class Refused(Exception):
    """An act that the rules do not allow, with a sentence that a visitor may read.

    `sentence` is already in the reader's language. `facts` can be written as JSON and helps a
    screen to go on (an offer, a moment, a limit); it holds no personal data. `code` names the kind
    of refusal for machines (`QueueClosed` becomes `queue-closed`), `status` is its HTTP status.

    Anything that is not a `Refused` is a bug: let it rise.
    """

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 409

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "code" not in cls.__dict__:
            cls.code = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", cls.__name__).lower()

    def __init__(self, sentence: object, **facts: Any) -> None:
        self.sentence = str(sentence)  # a lazy translation is settled here, in the language of this moment
        self.facts: dict[str, Any] = facts
        super().__init__(self.sentence)
