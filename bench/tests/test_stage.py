import os
import signal
import time

import pytest

from bench import listeners, processes
from bench.stage import bounded
from pendapa.server.problems import Problem


def test_a_measurement_that_takes_too_long_is_stopped() -> None:
    with pytest.raises(Problem, match="longer than"), bounded(0.1 / 60):
        time.sleep(5)


def _measured(*signals: signal.Signals, tidied: list[str]) -> None:
    """A measurement that is asked to end, and asked again while it tidies up."""
    with bounded(1):
        try:
            os.kill(os.getpid(), signals[0])
            time.sleep(5)
        finally:
            for sent in signals[1:]:
                os.kill(os.getpid(), sent)
            tidied.append("all")


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_ends_a_measurement_so_that_it_can_tidy_up(sent: signal.Signals) -> None:
    before, tidied = signal.getsignal(sent), list[str]()
    with pytest.raises(KeyboardInterrupt):
        _measured(sent, tidied=tidied)
    assert tidied == ["all"]
    assert signal.getsignal(sent) == before


def test_a_second_signal_does_not_break_the_tidying_up() -> None:
    tidied: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        _measured(signal.SIGTERM, signal.SIGTERM, signal.SIGINT, tidied=tidied)
    assert tidied == ["all"]


def test_shared_memory_is_not_counted_twice() -> None:
    me = os.getpid()
    assert 1 < processes.memory_mb([me]) <= processes.memory_mb([me], "Rss")


def test_a_process_belongs_to_its_family() -> None:
    assert processes.family(os.getpid())[0] == os.getpid()


def test_events_are_counted_however_the_stream_is_cut() -> None:
    stream = b"event: snapshot\nid: 1\ndata: {}\n\nevent: heartbeat\ndata: {}\n\n: still here\n\n"
    for cut in range(len(stream)):
        first, rest = listeners.kinds_in(stream[:cut])
        second, end = listeners.kinds_in(rest + stream[cut:])
        assert first + second == [b"snapshot", b"heartbeat"]
        assert end == b""
