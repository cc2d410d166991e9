"""The command: what it takes, whom it asks, how it ends."""

from __future__ import annotations

import json
import ssl
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ops.commands import app
from ops.migrate.plan import Planned, done
from tests.cluster.stand_ins.authority import Authority
from tests.ops.answers import Answers
from tests.ops.migrate.conftest import Both
from tests.ops.migrate.fake_old import connection, pool, variable
from tests.ops.servers import serve


def test_all_that_is_told_comes_at_once(both: Both) -> None:
    both.old.pools, both.old.variables = [pool("etl", 4)], [variable("team", "data")]
    result = both.migrate()
    assert result.exit_code == 0, result.output
    assert "Airflow 2.11.2 at" in result.output
    assert "2 brought, 0 failed" in result.output


def test_what_has_such_a_name_stays(both: Both) -> None:
    both.old.pools = [pool("etl", 4), pool("test_a", 1), pool("test_b", 1)]
    assert both.states("--skip", "test_*") == {"etl": "new"}


def test_one_that_fails_holds_up_no_other(both: Both) -> None:
    both.old.pools, both.old.variables = [pool("etl", 4)], [variable("team", "data")]
    both.new.failing["/api/v2/pools"] = lambda _: (422, {"detail": "no"})
    result = both.migrate()
    assert result.exit_code == 1
    assert "1 brought, 1 failed" in result.output
    both.new.failing.clear()
    assert both.states() == {"etl": "new", "team": "same"}


def test_stopped_it_goes_on(both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    both.old.pools = [pool("a", 1), pool("b", 1)]

    def press(each: Planned) -> Planned:
        done(each)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("ops.migrate.plan.done", press)
        result = both.migrate()
    assert result.exit_code == 130
    assert "What has been made stays" in result.output
    assert both.states() == {"a": "same", "b": "new"}


def test_a_token_needs_no_name(both: Both) -> None:
    both.old.pools = [pool("etl", 4)]
    arguments = ["migrate", "--from", both.old_url, "--url", both.new_url, "--region", "us-west-2"]
    result = CliRunner().invoke(app, arguments, env={"MIGRATE_TOKEN": "token"})
    assert result.exit_code == 0, result.output


class TestOneMessageForEachMistake:
    def test_a_password_that_is_wrong(self, both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("tests.ops.migrate.fake_old.PASSWORD", "another")
        for version, told in (("2.11.2", "auth_backends"), ("3.3.2", "(401)")):
            both.old.version = version
            result = both.migrate()
            assert result.exit_code == 2
            assert "refuses this user and password" in result.output
            assert told in result.output

    def test_somebody_who_may_not_read_it(self, both: Both) -> None:
        both.old.broken["/api/v1/connections"] = (403, {"detail": None})
        result = both.migrate("connections")
        assert result.exit_code == 2
        assert "as Admin may (Airflow 2 says the same of a wrong password)" in result.output

    @pytest.mark.parametrize("version", ["2.2.5", "1.10.15"])
    def test_a_version_that_is_too_old(self, both: Both, version: str) -> None:
        both.old.version = version
        result = both.migrate()
        assert result.exit_code == 2
        assert f"is Airflow {version}: 2.3.0 is the oldest" in result.output

    def test_something_that_is_no_airflow(self, both: Both) -> None:
        both.old.broken["/"] = (404, {"detail": "what?"})
        result = both.migrate()
        assert result.exit_code == 2
        assert "has no REST API of Airflow 2 or 3" in result.output

    def test_nobody_there(self, both: Both) -> None:
        both.old_url = "http://127.0.0.1:9"
        result = both.migrate()
        assert result.exit_code == 2
        assert "http://127.0.0.1:9 does not answer" in result.output

    def test_no_such_stack(self, both: Both) -> None:
        Answers(both.aws).refuse("cloudformation", "DescribeStacks", "ValidationError", "does not exist")
        result = both.migrate()
        assert result.exit_code == 2
        assert "there is no stack airflow in us-west-2" in result.output

    def test_a_deployment_that_cannot_be_reached(self, both: Both) -> None:
        both.old.pools, both.new_url = [pool("etl", 4)], "http://127.0.0.1:9"
        result = both.migrate()
        assert result.exit_code == 2
        assert "kubectl --namespace airflow port-forward" in result.output

    def test_connections_need_no_way_to_the_deployments_airflow(self, both: Both) -> None:
        both.new_url = "http://127.0.0.1:9"
        assert both.states("connections", stdin='{"a": {"conn_type": "http"}}') == {"a": "new"}

    @pytest.mark.parametrize(
        ("stdin", "told"),
        [
            ("", "has no export of connections in it"),
            ("Traceback (most recent call last):\n", "Did the command before the pipe fail?"),
            ('{"a": "s3cret"}', "but no export of connections"),
            ('["s3cret"]', "but no export of connections"),
        ],
    )
    def test_an_export_that_is_none(self, both: Both, stdin: str, told: str) -> None:
        result = both.migrate("connections", stdin=stdin)
        assert result.exit_code == 2
        assert told in result.output
        assert "s3cret" not in result.output

    def test_options_that_do_not_go_together(self, both: Both) -> None:
        for arguments in ([], ["--from-stdin", "--from", both.old_url]):
            result = CliRunner().invoke(app, ["migrate", *arguments])
            assert result.exit_code == 2
            assert "give one of --from URL" in result.output
        assert "reads one kind" in both.migrate(stdin="{}").output

    def test_a_file_that_has_no_authority_in_it(self, both: Both, tmp_path: Path) -> None:
        (tmp_path / "ca.pem").write_text("nothing")
        result = both.migrate("--ca-file", str(tmp_path / "ca.pem"))
        assert result.exit_code == 2
        assert "ca.pem has no certificates" in result.output

    def test_a_certificate_that_nobody_here_trusts(self, both: Both, tmp_path: Path) -> None:
        authority = Authority(tmp_path)
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(*authority.issue("old", ["127.0.0.1"]))
        both.old.pools = [pool("etl", 4)]
        with serve(both.old.respond, tls=tls) as both.old_url:
            result = both.migrate("pools")
            assert result.exit_code == 2
            assert "Give the authority that signed it: --ca-file FILE" in result.output
            assert both.states("pools", "--ca-file", str(authority.file)) == {"etl": "new"}

    def test_nobody_to_ask_for_the_password(self, both: Both) -> None:
        arguments = ["migrate", "--from", both.old_url, "--user", "boss", "--region", "us-west-2"]
        result = CliRunner().invoke(app, arguments, env={"MIGRATE_PASSWORD": None})
        assert result.exit_code == 2
        assert "put it into MIGRATE_PASSWORD" in result.output
        assert "Give --user NAME" in CliRunner().invoke(app, arguments[:3]).output


def test_json_is_one_document(both: Both) -> None:
    both.old.connections = [connection("a")]
    result = both.migrate("connections", "-o", "json")
    assert json.loads(result.stdout)["clear"] is False
