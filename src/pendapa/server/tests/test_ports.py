import socket

import pytest

from pendapa.server import ports
from pendapa.server.problems import Problem


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_claimed_port_is_ours_to_listen_on_and_nobody_else_can_claim_it() -> None:
    port = free_port()
    with ports.claim("127.0.0.1", port):
        with pytest.raises(Problem, match=f"Port {port} on 127.0.0.1 is in use"):
            ports.claim("127.0.0.1", port)
        with socket.socket() as server, socket.socket() as client:
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            server.bind(("127.0.0.1", port))
            server.listen()
            client.connect(("127.0.0.1", port))
            accepted, _ = server.accept()
            accepted.close()


def test_a_port_that_somebody_listens_on_cannot_be_claimed() -> None:
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        server.bind(("127.0.0.1", 0))
        server.listen()
        with pytest.raises(Problem, match="in use"):
            ports.claim("127.0.0.1", server.getsockname()[1])


def test_an_address_of_another_machine_is_refused_in_a_sentence() -> None:
    with pytest.raises(Problem, match=r"no address 192\.0\.2\.1"):
        ports.claim("192.0.2.1", free_port())
