"""A real mall's installation: `serve` with a certificate, `work` beside it, and the commands that join them."""

import datetime
import json
import ssl
import urllib.request
from collections.abc import Iterator
from email.message import Message
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.running import Run, reachable, until

pytestmark = pytest.mark.slow


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for localhost that this test made itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, secret = folder / "mall.pem", folder / "mall.key"
    pem.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return pem, secret


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return reachable(tmp_path_factory.mktemp("mall")) / "data"


@pytest.fixture(scope="module")
def mall(folder: Path) -> Iterator[tuple[Run, Path]]:
    pem, key = certificate(folder.parent)
    environment = {"PUBLIC_URL": "https://localhost"}
    run = Run(folder, "serve", "--certificate", str(pem), "--key", str(key), environment=environment)
    try:
        assert run.address() == f"https://127.0.0.1:{run.port}"
        yield run, pem
    finally:
        run.stop()


def read(url: str, pem: Path) -> tuple[int, Message, bytes]:
    trusting = ssl.create_default_context(cafile=str(pem))
    with urllib.request.urlopen(url, timeout=10, context=trusting) as answer:  # noqa: S310 -- our own server
        return answer.status, answer.headers, answer.read()


def command(folder: Path, *arguments: str) -> list[str]:
    """The lines that a command prints; it must end well."""
    run = Run(folder, *arguments)
    assert run.process.wait(60) == 0, run.output
    return run.output.strip().splitlines()


def test_pages_come_over_tls_with_hardened_headers(mall: tuple[Run, Path]) -> None:
    run, pem = mall
    status, headers, page = read(f"https://localhost:{run.port}/sign-in/login/", pem)
    assert status == 200
    assert "CONTOH" not in page.decode()
    assert headers["Strict-Transport-Security"].startswith("max-age=")
    assert "Secure" in headers["Set-Cookie"]
    assert "'unsafe" not in headers["Content-Security-Policy"]
    assert read(f"https://localhost:{run.port}/readyz", pem)[0] == 200


def test_streams_come_over_tls_too(mall: tuple[Run, Path]) -> None:
    run, pem = mall
    assert read(f"https://localhost:{run.port + 1}/healthz", pem)[0] == 200


def test_a_worker_runs_beside_and_waits_for_the_server_when_alone(mall: tuple[Run, Path], tmp_path: Path) -> None:
    run, pem = mall
    alone = Run(reachable(tmp_path) / "data", "work")
    until(lambda: "Waiting for `pendapa serve`" in alone.output, 20, lambda: alone.output)
    assert not (alone.folder / "postgres").exists()
    assert alone.stop() < 10
    beside = Run(run.folder, "work")
    try:
        until(lambda: "working" in beside.output, 30, lambda: beside.output)

        def is_relayed() -> bool:
            checks = json.loads(read(f"https://localhost:{run.port}/readyz", pem)[2])["checks"]
            return float(checks["journal_lag"].split()[0]) < 5

        until(is_relayed, 30)
    finally:
        assert beside.stop() < 15


def test_the_first_administrator_and_their_key(mall: tuple[Run, Path]) -> None:
    run, pem = mall
    lines = command(run.folder, "admin", "endah")
    assert lines[0] == "endah is an administrator now."
    assert len(lines[-1]) >= 16, "nobody sat there to type a password, so one is printed"
    key = command(run.folder, "token", "endah")[-1]
    asked = urllib.request.Request(
        f"https://localhost:{run.port}/api/v1/malls", headers={"Authorization": f"Bearer {key}"}
    )
    with urllib.request.urlopen(asked, timeout=10, context=ssl.create_default_context(cafile=str(pem))) as answer:  # noqa: S310 -- our own server
        assert json.loads(answer.read())["items"] == []
    assert "There is no active user with the name nobody" in Run(run.folder, "token", "nobody").sentence()


def test_the_commands_that_look_after_it(mall: tuple[Run, Path]) -> None:
    run, _pem = mall
    assert command(run.folder, "migrate") == ["The database is up to date."]
    assert command(run.folder, "manage", "check")[-1].startswith("System check identified no issues")
    looked = Run(run.folder, "doctor")
    looked.process.wait(60)
    assert "database: PostgreSQL 18" in looked.output
    assert "Traceback" not in looked.output


def test_a_certificate_without_its_key_is_said_in_one_sentence(folder: Path, tmp_path: Path) -> None:
    pem, _key = certificate(tmp_path)
    _other, key = certificate(reachable(folder.parent))
    environment = {"PUBLIC_URL": "https://localhost"}
    data = tmp_path / "data"
    sentence = Run(data, "serve", "--certificate", str(pem), environment=environment).sentence()
    assert "A certificate needs its key" in sentence
    wrong = Run(data, "serve", "--certificate", str(pem), "--key", str(key), environment=environment).sentence()
    assert "do not work together" in wrong
