"""Secrets, templates, endpoints and programs of the local platform, without starting anything."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from ops.errors import OpsError
from ops.local import programs
from ops.local.endpoints import Ports, local_pgbouncer, local_url
from ops.local.folder import Folder
from ops.local.rendered import Rendered
from ops.local.secrets import LocalSecrets, fill_in, generate


def test_a_secret_is_as_long_as_secrets_manager_makes_it() -> None:
    assert len(generate({"PasswordLength": 43, "ExcludePunctuation": True})) == 43
    assert generate({"PasswordLength": 64, "ExcludePunctuation": True}).isalnum()


def test_a_login_is_json() -> None:
    login = json.loads(generate({"SecretStringTemplate": '{"username": "airflow"}', "GenerateStringKey": "password"}))
    assert login["username"] == "airflow"
    assert login["password"]


def test_templates_are_filled_in_as_external_secrets_does_it() -> None:
    values = {"user": "air flow", "password": "a/b@c"}
    text = fill_in("postgresql://{{ .user }}:{{ .password | urlquery }}@host", values, where="here")
    assert text == "postgresql://air flow:a%2Fb%40c@host"


@pytest.mark.parametrize("template", ["{{ .nobody }}", "{{ .user | sha256sum }}", "{{ if .user }}x{{ end }}"])
def test_what_cannot_be_filled_in_is_said(template: str) -> None:
    with pytest.raises(OpsError, match="cannot fill in connection of airflow-x"):
        fill_in(template, {"user": "airflow"}, where="connection of airflow-x")


def test_every_secret_of_the_platform_can_be_filled_in(rendered: Rendered, tmp_path: Path) -> None:
    secrets = LocalSecrets(rendered, tmp_path / "secrets.json")
    for name in rendered.secrets:
        for value in secrets.secret(name).values():
            assert "{{" not in value
    assert len(base64.urlsafe_b64decode(secrets.secret("airflow-fernet-key")["fernet-key"])) == 32
    again = LocalSecrets(rendered, tmp_path / "secrets.json")
    assert again.secret("airflow-admin") == secrets.secret("airflow-admin")
    assert (tmp_path / "secrets.json").stat().st_mode & 0o077 == 0


def test_a_connection_string_leads_here() -> None:
    assert local_url("db+postgresql://me:x%40y@far:6543/db", 1) == "db+postgresql://me:x%40y@127.0.0.1:1/db"
    assert local_url("rediss://:token@far:6379/0?ssl_cert_reqs=required", 2, scheme="redis") == (
        "redis://:token@127.0.0.1:2/0"
    )


def test_pgbouncer_keeps_all_but_addresses_and_files() -> None:
    ini = (
        "[databases]\nairflow-metadata = host=${State.Db} port=5432 dbname=airflow pool_size=5\n\n[pgbouncer]\n"
        "listen_addr = *\nlisten_port = 6543\nauth_type = scram-sha-256\nauth_file = /etc/pgbouncer/users.txt\n"
        "server_tls_sslmode = verify-full\nserver_tls_ca_file = /etc/pgbouncer/ca.pem\n"
    )
    here = local_pgbouncer(ini, ports=Ports(), folder=Path("/x"), authority=Path("/y/ca.crt"))
    assert here.splitlines() == [
        "[databases]",
        "airflow-metadata = host=127.0.0.1 port=15432 dbname=airflow pool_size=5",
        "",
        "[pgbouncer]",
        "listen_addr = 127.0.0.1",
        "listen_port = 16543",
        "auth_type = scram-sha-256",
        "auth_file = /x/users.txt",
        "server_tls_sslmode = verify-full",
        "server_tls_ca_file = /y/ca.crt",
        "unix_socket_dir = ",
    ]


def test_a_folder_is_used_once_at_a_time(tmp_path: Path) -> None:
    with Folder(tmp_path).locked(), pytest.raises(OpsError, match="stop that one first"), Folder(tmp_path).locked():
        pass


def test_a_fresh_start_forgets_everything_but_the_cache(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.write(folder.secrets, "{}")
    (folder.airflow_home / "airflow.db").touch()
    (tmp_path / "bytecode").mkdir()
    folder.clear()
    assert [entry.name for entry in tmp_path.iterdir()] == ["bytecode"]


def program(folder: Path, name: str, says: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\necho '{says}'\n")
    path.chmod(0o755)


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder with programs."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(programs, "_SYSTEM_FOLDERS", ())
    monkeypatch.setattr(programs, "_POSTGRES_FOLDERS", ())
    return tmp_path


def test_what_is_not_installed_is_named(path: Path) -> None:
    assert path.is_dir()
    found = programs.find_programs()
    assert (found.postgres, found.pgbouncer, found.redis) == (None, None, None)
    assert [sentence.split()[0] for sentence in found.missing] == ["PostgreSQL", "PgBouncer", "Redis"]


def test_what_is_too_old_is_named_with_its_version(path: Path) -> None:
    program(path, "pgbouncer", "PgBouncer 1.18.0")
    found = programs.find_programs()
    assert found.pgbouncer is None
    assert "PgBouncer 1.18.0 is installed, 1.21 or newer is needed" in found.missing


def test_what_is_new_enough_is_taken(path: Path) -> None:
    program(path, "initdb", "initdb (PostgreSQL) 16.4")
    program(path, "postgres", "postgres (PostgreSQL) 16.4 (Debian 16.4-1)")
    program(path, "pgbouncer", "PgBouncer 1.24.1\nlibevent 2.1.12-stable")
    program(path, "valkey-server", "Valkey server v=8.0.1 sha=00000000:0")
    found = programs.find_programs()
    assert (found.postgres, found.pgbouncer, found.redis, found.missing) == (
        path, path / "pgbouncer", path / "valkey-server", (),
    )  # fmt: skip
