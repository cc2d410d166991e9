"""A new password of the database reaches the pooler under load and fails nobody; a false database is not believed."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.local.account import unprivileged
from ops.local.folder import Folder
from ops.local.programs import find_programs
from tests.local.conftest import AIRFLOW_PYTHON, free_ports, inside, sql
from tests.local.pooler_bench import OWNER, PASSWORDS, Bench, certificates

pytestmark = pytest.mark.local

LOAD = Path(__file__).with_name("rotation_load.py")
# External Secrets and the kubelet take minutes; the pooler has tried and failed to sign in after a few seconds.
WINDOW_SECONDS = 8
REFUSED = "password authentication failed"
# Each connection gets old within two seconds and makes way for another one, as it does by itself within hours.
SHORT_LIFE = "server_lifetime = 2"
# The connections that were not used for the longest time: none that a client is about to be given.
IDLE = """
SELECT count(pg_terminate_backend(pid)) FROM (
  SELECT pid FROM pg_stat_activity WHERE datname = 'airflow' AND pid <> pg_backend_pid() AND state = 'idle'
  ORDER BY state_change LIMIT {count}) AS idle
"""


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    programs = find_programs()
    if not (programs.postgres and programs.pgbouncer and AIRFLOW_PYTHON.exists()):
        pytest.skip("; ".join(programs.missing) or "there is no Airflow in .venv-airflow")
    path = Path(tempfile.mkdtemp(prefix="airflow-rotation-"))
    path.chmod(0o755)
    made = Bench(folder=Folder(path), programs=programs, ports=free_ports())
    try:
        made.start_database()
        yield made
    finally:
        made.stop()
        shutil.rmtree(path)


def connects(bench: Bench) -> bool:
    script = "import psycopg2, sys; psycopg2.connect(sys.argv[1], connect_timeout=8).close()"
    return inside(script, bench.url).returncode == 0


def test_the_right_authority_is_believed(bench: Bench) -> None:
    with bench.pooler(bench.files(PASSWORDS[0])):
        assert connects(bench)


def test_another_authority_is_not(bench: Bench, tmp_path: Path) -> None:
    certificates().main(tmp_path)
    with bench.pooler(bench.files(PASSWORDS[0], authority=(tmp_path / "ca.crt").read_text())) as (_, mounted):
        assert not connects(bench)
        assert "TLS handshake error" in bench.log
        # A new bundle is read without a restart.
        mounted.replace(bench.files(PASSWORDS[0]))
        bench.until(lambda: connects(bench))


def test_a_certificate_for_another_host_is_not(bench: Bench) -> None:
    made, tls = certificates(), bench.folder.path / "tls"
    kept = {name: (tls / name).read_text() for name in ("server.crt", "server.key")}
    authority = made.ec.generate_private_key(made.ec.SECP256R1())
    own = made.certificate("us", authority, issuer="us", signer=authority, authority=True).decode()
    server = made.ec.generate_private_key(made.ec.SECP256R1())
    encoding, form, plain = (
        made.serialization.Encoding.PEM,
        made.serialization.PrivateFormat.PKCS8,
        made.serialization.NoEncryption(),
    )
    other = {
        "server.crt": made.certificate("other.example.com", server, issuer="us", signer=authority, authority=True),
        "server.key": server.private_bytes(encoding, form, plain),
    }
    show(bench, {name: text.decode() for name, text in other.items()})
    try:
        with bench.pooler(bench.files(PASSWORDS[0], authority=own)):
            assert not connects(bench)
            assert "not present in server certificate" in bench.log
    finally:
        show(bench, kept)


def show(bench: Bench, files: dict[str, str]) -> None:
    """Have the database show another certificate."""
    for name, text in files.items():
        bench.folder.write(bench.folder.path / "tls" / name, text, unprivileged())
    sql(bench.direct(PASSWORDS[0]), "SELECT pg_reload_conf()")
    time.sleep(0.5)


def test_a_new_password_under_load_fails_nobody(bench: Bench) -> None:
    old, new = PASSWORDS
    with bench.pooler(bench.files(old)) as (pooler, mounted):
        bench.until(lambda: bench.servers() == bench.pools, patience=60)

        stop_file = bench.folder.path / "stop"
        command = [AIRFLOW_PYTHON, LOAD, bench.url, stop_file]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as load:
            try:
                time.sleep(2)
                # As Amazon RDS does it: the database first.
                sql(bench.direct(old), f"ALTER ROLE {OWNER} PASSWORD '{new}'")
                # Some connections end in the meantime, and the pooler cannot replace them: no login succeeds.
                assert sql(bench.direct(new), IDLE.format(count=6)) == ["6"]
                time.sleep(WINDOW_SECONDS)
                assert REFUSED in bench.log
                assert bench.servers() < bench.pools
                # The kubelet brings the new Secret. Every connection is then made anew, with what is in it.
                (swapped,) = sql(bench.direct(new), "SELECT now()")
                mounted.replace(bench.files(new, also=SHORT_LIFE))
                older = (
                    f"SELECT count(*) FROM pg_stat_activity WHERE datname = 'airflow' AND backend_start < '{swapped}'"
                )
                # But for the one whose transaction is still open.
                bench.until(lambda: sql(bench.direct(new), older) == ["1"], patience=60)
                time.sleep(2)
            finally:
                stop_file.touch()
            output, complaints = load.communicate(timeout=60)
        assert load.returncode == 0, complaints
        result = json.loads(output)
        assert result["errors"] == [], result
        assert result["done"] > 500
        assert result["slowest"] < 5, result
        assert "got SIGHUP, re-reading config" in bench.log
        # What it asked to end by, it does: transactions are over.
        pooler.ask_to_stop()
        pooler.wait(10)
        assert "got SIGINT, shutting down" in bench.log
