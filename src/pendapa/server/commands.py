"""The command line. Everything that can go wrong outside Pendapa ends as one sentence on standard error and code 1."""

import argparse
import getpass
import importlib
import os
import secrets
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pendapa import __version__
from pendapa.server.problems import Problem

Command = Callable[[argparse.Namespace], int]
PROJECT = Path(__file__).resolve().parents[3]  # of a checkout; an installed package has no bench and no tests
DATA_HELP = "the data folder (default: /var/lib/pendapa as root, otherwise pendapa in the user's data folder)"


def say(line: str) -> None:
    """A plain line for the person at the machine."""
    print(line, file=sys.stderr, flush=True)


def main(argv: list[str] | None = None) -> int:
    """Run one command and return its exit code."""
    chosen, rest = _parser().parse_known_args(argv)
    if rest and not chosen.takes_rest:
        _parser().error(f"unrecognized arguments: {' '.join(rest)}")
    chosen.rest = rest
    command: Command = chosen.command
    try:
        return command(chosen)
    except Problem as problem:
        say(f"pendapa: {problem}")
        return 1
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="pendapa",
        description="Runs a public service mall. `demo` shows it; `serve` and `work` run a real one.",
        epilog="`COMMAND --help` says more about one of them.",
    )
    parser.add_argument("--version", action="version", version=f"pendapa {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    def add(
        name: str, command: Command, text: str, *, data: bool = True, rest: bool = False
    ) -> argparse.ArgumentParser:
        one = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".", add_help=not rest)
        one.set_defaults(command=command, takes_rest=rest)
        if data:
            one.add_argument("--data", metavar="DIR", type=Path, help=DATA_HELP)
        return one

    demo = add("demo", _demo, "run an example mall that is open whatever the hour, until Ctrl-C")
    demo.add_argument("--port", type=_port, default=8000, help="port of the pages; the live streams take the next one")
    demo.add_argument("--empty", action="store_true", help="the mall without simulated visitors")

    serve = add("serve", _serve, "run the two servers of a real mall: pages on PORT, live streams on PORT+1")
    serve.add_argument("--port", type=_port, default=8000, help="port of the pages; the live streams take the next one")
    serve.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    serve.add_argument("--certificate", type=Path, metavar="FILE", help="TLS certificate (PEM), with --key")
    serve.add_argument("--key", type=Path, metavar="FILE", help="private key of the certificate (PKCS#8 PEM)")
    serve.add_argument("--workers", type=_count, default=2, help="processes for pages (default: %(default)s)")

    add("work", _work, "carry out jobs and relay the journal, until Ctrl-C; runs beside `serve`")
    add("migrate", _migrate, "bring the database up to date and open the journal's era")
    # Not listed: the supervisor's own first step.
    commands.add_parser("prepare", add_help=False).set_defaults(command=_prepare, takes_rest=False, data=None)
    admin = add("admin", _admin, "make the first administrator of an installation; asks for a password or prints one")
    admin.add_argument("name", metavar="NAME", help="the name to sign in with")
    token = add("token", _token, "print a new key for the API, once")
    bearer = token.add_mutually_exclusive_group(required=True)
    bearer.add_argument("user", metavar="USER", nargs="?", help="the name a person signs in with")
    bearer.add_argument("--device", metavar="NAME", help="the name of a kiosk or board")
    add("doctor", _doctor, "look for what is wrong with an installation and say what to do")
    manage = add("manage", _manage, "run a command of Django, for example `manage shell`", rest=True)
    manage.add_argument("arguments", nargs=argparse.REMAINDER)

    bench = add("bench", _bench, "measure: `bench NAME [--json]`", data=False, rest=True)
    bench.add_argument("arguments", nargs=argparse.REMAINDER)
    add("check", _check, "check style, layers, types, templates, migrations, translations, licences", data=False)
    test = add("test", _test, "run all checks and tests, or pytest with the given arguments", data=False, rest=True)
    test.add_argument("arguments", nargs=argparse.REMAINDER)
    return parser


def _port(text: str) -> int:
    if not (text.isdigit() and 1 <= int(text) <= 65_534):
        raise argparse.ArgumentTypeError("a port is a number from 1 to 65534")
    return int(text)


def _count(text: str) -> int:
    if not (text.isdigit() and 1 <= int(text) <= 64):
        raise argparse.ArgumentTypeError("give a number from 1 to 64")
    return int(text)


def _demo(chosen: argparse.Namespace) -> int:
    from pendapa.server import running

    return running.demo(folder=chosen.data, port=chosen.port, say=say)


def _serve(chosen: argparse.Namespace) -> int:
    from pendapa.server import running

    if bool(chosen.certificate) != bool(chosen.key):
        raise Problem("A certificate needs its key: give both --certificate and --key, or neither.")
    return running.serve(
        folder=chosen.data,
        host=chosen.host,
        port=chosen.port,
        workers=chosen.workers,
        certificate=chosen.certificate,
        key=chosen.key,
        say=say,
    )


def _work(chosen: argparse.Namespace) -> int:
    from pendapa.server import running

    running.wait_for_server(chosen.data, say)
    with running.joined(chosen.data, say):
        from pendapa.server import working

        working.work()
    return 0


def _prepare(chosen: argparse.Namespace) -> int:
    from pendapa.server import running

    with running.joined(chosen.data, say):
        from django.conf import settings

        from pendapa.server import preparing

        preparing.prepare(say)
        if settings.DEMO:
            from pendapa.server.demo import opening

            opening.open_demo()
    return 0


def _migrate(chosen: argparse.Namespace) -> int:
    from pendapa.server import running

    with running.joined(chosen.data, say):
        from pendapa.server import preparing

        preparing.prepare(say)
    say("The database is up to date.")
    return 0


def _admin(chosen: argparse.Namespace) -> int:
    from pendapa.server import running

    with running.joined(chosen.data, say):
        from django.core.exceptions import ValidationError
        from django.db import transaction

        from pendapa.base import clock
        from pendapa.directory.accounts import actions
        from pendapa.directory.accounts.models import RoleKind

        password, shown = _password()
        try:
            with transaction.atomic():
                at = clock.now()
                user = actions.create_user(
                    username=chosen.name, full_name=chosen.name, password=password, by=None, at=at
                )
                actions.give_role(user=user, kind=RoleKind.ADMINISTRATOR, mall=None, by=None, at=at)
        except ValidationError as refused:
            raise Problem(" ".join(refused.messages)) from refused
        say(f"{chosen.name} is an administrator now.")
        if shown:
            _print(password)
    return 0


def _password() -> tuple[str, bool]:
    """A password typed twice, or, when nobody sits there, a new one that has to be shown."""
    if not sys.stdin.isatty():
        return secrets.token_urlsafe(15), True
    password = getpass.getpass("Password (at least 10 characters): ")
    if getpass.getpass("Once more: ") != password:
        raise Problem("The two passwords differ; nothing was changed.")
    return password, False


def _token(chosen: argparse.Namespace) -> int:
    from pendapa.server import running

    with running.joined(chosen.data, say):
        from pendapa.base import clock
        from pendapa.directory.accounts import actions
        from pendapa.directory.accounts.models import Device, User

        bearer: User | Device | None
        if chosen.device:
            bearer = Device.objects.filter(name=chosen.device, is_active=True).first()
        else:
            bearer = User.objects.filter(username=chosen.user, is_active=True).first()
        if bearer is None:
            kind = "device" if chosen.device else "user"
            raise Problem(f"There is no active {kind} with the name {chosen.device or chosen.user}.")
        _print(actions.create_token(bearer=bearer, by=None, at=clock.now()))
    return 0


def _doctor(chosen: argparse.Namespace) -> int:
    from pendapa.server import running

    with running.joined(chosen.data, say) as installation:
        from pendapa.server import doctor

        return doctor.examine(installation, _print)


def _manage(chosen: argparse.Namespace) -> int:
    from pendapa.server import running

    # Django's own arguments are passed on as they are, so --data is looked for among them.
    ours = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    ours.add_argument("--data", type=Path, default=chosen.data)
    found, arguments = ours.parse_known_args([*chosen.arguments, *chosen.rest])
    with running.joined(found.data, say):
        from django.core.management import execute_from_command_line

        execute_from_command_line(["pendapa manage", *arguments])
    return 0


def _bench(chosen: argparse.Namespace) -> int:
    arguments = [*chosen.arguments, *chosen.rest]
    names = sorted(
        path.stem
        for path in (PROJECT / "bench").glob("*.py")
        if not path.stem.startswith("_") and "def main(" in path.read_text("utf-8")
    )
    if not names:
        raise Problem("Measuring needs a checkout of Pendapa's source.")
    if not arguments or arguments[0] in {"-h", "--help"}:
        _print(f"usage: pendapa bench NAME [--json]\n\nNAME is one of: {', '.join(names)}")
        return 0
    if arguments[0] not in names:
        raise Problem(f"There is no measurement called {arguments[0]}; there are {', '.join(names)}.")
    sys.path.insert(0, str(PROJECT))
    measure: Any = importlib.import_module(f"bench.{arguments[0]}")
    return int(measure.main(arguments[1:]))


def _check(_chosen: argparse.Namespace) -> int:
    from pendapa.server import check

    return check.run(_checkout())


def _test(chosen: argparse.Namespace) -> int:
    from pendapa.server import test

    return test.run(_checkout(), [*chosen.arguments, *chosen.rest])


def _checkout() -> Path:
    if not (PROJECT / "pyproject.toml").exists():
        raise Problem("Checking and testing need a checkout of Pendapa's source.")
    os.chdir(PROJECT)
    return PROJECT


def _print(text: str) -> None:
    print(text, flush=True)
