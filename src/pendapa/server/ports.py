"""Claims the ports of a server before anything else starts, and keeps others away while the server is coming up."""

import errno
import socket
import time

from pendapa.server.problems import Problem


def claim(host: str, port: int, *, patience: float = 0.0) -> socket.socket:
    """Hold the port for this process's life, or say in one sentence why not. Waits up to `patience` seconds.

    The socket never listens, so it gets no connection. Granian's listeners share the port with it (SO_REUSEPORT is
    set once it is bound); another program, or another Pendapa, that tries to claim the same port is turned away.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    until = time.monotonic() + patience
    while True:
        held = socket.socket(family, socket.SOCK_STREAM)
        try:
            # A port whose last connections still linger may be taken again at once ...
            held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            held.bind((host, port))
            # ... but not while we hold it, which SO_REUSEADDR on both sides would allow.
            held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)
            held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            return held
        except OSError as refused:
            held.close()
            if refused.errno == errno.EADDRINUSE and time.monotonic() < until:
                time.sleep(0.1)
                continue
            raise Problem(_sentence(host, port, refused)) from refused


def _sentence(host: str, port: int, refused: OSError) -> str:
    if refused.errno == errno.EADDRINUSE:
        return (
            f"Port {port} on {host} is in use by another program; stop it or choose another port with --port "
            f"(Pendapa needs that port and the next one)."
        )
    if refused.errno == errno.EACCES:
        return f"Port {port} may not be opened by this user; choose one above 1023 with --port."
    if refused.errno in {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}:
        return f"This machine has no address {host}; choose another with --host."
    return f"Port {port} on {host} cannot be opened: {refused.strerror}."
