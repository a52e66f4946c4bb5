"""Running an installation: the demo, the servers of a real mall, and single commands that join what runs."""

import http.client
import os
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from pendapa.server import env, ports
from pendapa.server.installation import Installation, Purpose, default_folder
from pendapa.server.postgres import Cluster
from pendapa.server.problems import Problem
from pendapa.server.supervisor import Child, Stopped, Supervisor, python

Say = Callable[[str], None]
LOOPBACK_NAMES = "127.0.0.1,localhost,[::1]"
PATIENCE = 120.0  # seconds until the pages have to answer
KEYS = ("SECRET_KEY", "FIELD_KEYS", "HASH_KEY")


def demo(*, folder: Path | None, port: int, say: Say) -> int:
    """Run the example mall with everything it needs until a signal comes."""
    origin = f"http://127.0.0.1:{port}"
    return _run(
        folder=folder,
        host="127.0.0.1",
        port=port,
        say=say,
        given={
            "PENDAPA_DEMO": "1",
            "ALLOWED_HOSTS": LOOPBACK_NAMES,
            "PUBLIC_URL": origin,
            "LIVE_URL": f"http://127.0.0.1:{port + 1}",
            "PENDAPA_TLS": "0",
            "PENDAPA_LOG_LEVEL": os.environ.get("PENDAPA_LOG_LEVEL", "WARNING"),  # one line says it is ready
        },
        purpose=Purpose.DEMO,
    )


def serve(
    *, folder: Path | None, host: str, port: int, workers: int, certificate: Path | None, key: Path | None, say: Say
) -> int:
    """Run the pages and the live server of a real mall until a signal comes."""
    environment = env.read()
    tls = ["--certificate", str(certificate.resolve()), "--key", str(key.resolve())] if certificate and key else []
    if certificate and key:
        _try_certificate(certificate, key)
    scheme = "https" if tls else "http"
    name = urlsplit(environment.public_url).hostname or ""
    given: dict[str, str] = {}
    if tls:
        given["PENDAPA_TLS"] = "1"
    if not environment.allowed_hosts:
        given["ALLOWED_HOSTS"] = f"{name},{LOOPBACK_NAMES}" if name else LOOPBACK_NAMES
        if not name:
            say("Neither PUBLIC_URL nor ALLOWED_HOSTS is set: only browsers on this machine will be answered.")
    if not environment.live_url and not environment.trusted_proxies:
        given["LIVE_URL"] = f"{scheme}://{name or '127.0.0.1'}:{port + 1}"
    return _run(
        folder=folder, host=host, port=port, say=say, given=given, purpose=Purpose.MALL, workers=workers, tls=tls
    )


def _run(
    *,
    folder: Path | None,
    host: str,
    port: int,
    say: Say,
    given: Mapping[str, str],
    purpose: Purpose,
    workers: int = 2,
    tls: list[str] | None = None,
) -> int:
    environment = env.read()
    installation = Installation(folder or default_folder(environment))
    supervisor = Supervisor(installation, say)
    held: list[socket.socket] = []
    try:
        supervisor.listen()
        installation.open()
        installation.dedicate(purpose)
        installation.claim()
        installation.wait_for_leftovers()
        held = [ports.claim(host, number, patience=0.5) for number in (port, port + 1)]
        if not environment.database_url:
            supervisor.cluster = Cluster(installation, account=environment.database_user, say=say)
            supervisor.cluster.start()
        variables = {**os.environ, **_variables(installation, environment, supervisor.cluster), **given}
        supervisor.remember()
        if supervisor.run_once(python("pendapa", "prepare"), variables):
            raise Problem("The database could not be prepared; the lines above say why.")
        at = ["--host", host, "--port"]
        serving = "pendapa.server.serving"
        pages = [*python(serving, "pages"), *at, str(port), "--workers", str(workers), *(tls or [])]
        live = [*python(serving, "live"), *at, str(port + 1), *(tls or [])]
        supervisor.start(Child("pages", pages, variables))
        supervisor.start(Child("live", live, variables))
        supervisor.remember()
        reach = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 -- compared, not bound
        secure = bool(tls)
        supervisor.wait_until(
            lambda: _answers(reach, port, "/healthz", secure) and _answers(reach, port + 1, "/", secure), PATIENCE
        )
        if purpose == Purpose.DEMO:  # a real mall runs `work` beside `serve`
            supervisor.start(Child("work", python("pendapa", "work"), variables))
        supervisor.remember()
        shown = f"[{reach}]" if ":" in reach else reach
        print(f"Pendapa is ready at {'https' if secure else 'http'}://{shown}:{port}/", flush=True)
        supervisor.watch()
    except Stopped:
        pass
    finally:
        supervisor.stop()
        for claimed in held:
            claimed.close()
        installation.release()
    return 0


def _variables(installation: Installation, environment: env.Environment, cluster: Cluster | None) -> dict[str, str]:
    """What the environment has to say to processes that work on this installation."""
    kept = installation.secrets()
    given = {
        "SECRET_KEY": environment.secret_key,
        "FIELD_KEYS": environment.field_keys,
        "HASH_KEY": environment.hash_key,
    }
    return {
        **{name: kept[name] for name in KEYS if not given[name]},
        **({"DATABASE_URL": cluster.url} if cluster else {}),
        "PENDAPA_DATA": str(installation.folder),
        "PENDAPA_STATIC": str(installation.static),
        "DJANGO_SETTINGS_MODULE": "pendapa.server.settings",
    }


@contextmanager
def joined(folder: Path | None, say: Say) -> Iterator[Installation]:
    """Let this process work on an installation: set its environment and Django up.

    Joins the database of a running installation, or starts the embedded one for as long as the block lasts.
    """
    environment = env.read()
    installation = Installation(folder or default_folder(environment))
    if environment.database_url and all((environment.secret_key, environment.field_keys, environment.hash_key)):
        _set_up({})  # a child of a supervisor, or an installation that is described by its environment alone
        yield installation
        return
    installation.open()
    cluster = None if environment.database_url else Cluster(installation, account=environment.database_user, say=say)
    own = cluster is not None and not installation.is_running()
    try:
        if cluster is not None and own:
            installation.claim()
            installation.wait_for_leftovers()
            cluster.start()
        _set_up(_variables(installation, environment, cluster))
        yield installation
    finally:
        if cluster is not None and own:
            _close_connections()
            cluster.stop()
            installation.release()


def wait_for_server(folder: Path | None, say: Say) -> None:
    """Wait until `serve` runs the embedded PostgreSQL of a data folder: a worker alone must not take it over."""
    environment = env.read()
    if environment.database_url:
        return
    installation = Installation(folder or default_folder(environment))
    installation.open()
    told = False
    while not installation.is_running():
        if not told:
            say(f"Waiting for `pendapa serve` with the data folder {installation.folder} ...")
            told = True
        time.sleep(0.5)


def _set_up(variables: Mapping[str, str]) -> None:
    os.environ.update({"DJANGO_SETTINGS_MODULE": "pendapa.server.settings", **variables})
    env.read().insist()
    import django

    django.setup()


def _close_connections() -> None:
    from django.conf import settings
    from django.db import connection

    if settings.configured:
        connection.close()
        connection.close_pool()  # type: ignore[attr-defined]  # of Django's PostgreSQL only


def _try_certificate(certificate: Path, key: Path) -> None:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)
    except ssl.SSLError as bad:
        raise Problem(f"The certificate {certificate} and the key {key} do not work together: {bad.reason}.") from bad
    except OSError as unreadable:
        raise Problem(
            f"The certificate {certificate} or its key {key} cannot be read: {unreadable.strerror}."
        ) from unreadable


def _answers(host: str, port: int, path: str, secure: bool) -> bool:
    """Whether a server of ours gives any HTTP answer that is not its own failure."""
    connection: http.client.HTTPConnection
    if secure:
        # We ask ourselves whether we are up; whose name the certificate carries does not matter here.
        context = ssl._create_unverified_context()  # noqa: S323 - the name is not asked for, see above
        connection = http.client.HTTPSConnection(host, port, timeout=2, context=context)
    else:
        connection = http.client.HTTPConnection(host, port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status < http.HTTPStatus.INTERNAL_SERVER_ERROR
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
