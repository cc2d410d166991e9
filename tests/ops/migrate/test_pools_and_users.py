"""Pools, users and roles: into the metadata database."""

from __future__ import annotations

import json

import pytest

from tests.ops.fake_airflow import USER as ADMIN
from tests.ops.migrate.conftest import Both
from tests.ops.migrate.fake_old import pool, role, user


class TestPools:
    def test_are_made_once(self, both: Both) -> None:
        both.old.pools = [
            pool("default_pool", 128),
            pool("etl", 4, "The ETL pool"),
            pool("w/ sl", 2, include_deferred=True),
        ]
        assert both.states("pools") == {"default_pool": "left out", "etl": "new", "w/ sl": "new"}
        assert both.new.pools["etl"] == pool("etl", 4, "The ETL pool")
        assert both.states("pools") == {"default_pool": "left out", "etl": "same", "w/ sl": "same"}
        assert len(both.new.changes) == 2

    def test_another_size_is_a_conflict_until_it_may_be_overwritten(self, both: Both) -> None:
        both.new.pools["etl"] = pool("etl", 1, "")
        both.old.pools = [pool("etl", 4)]
        assert both.states("pools") == {"etl": "conflict"}
        assert both.states("pools", "--overwrite") == {"etl": "changed"}
        assert both.new.pools["etl"]["slots"] == 4

    def test_airflow_2_fails_at_one_without_limit(self, both: Both) -> None:
        both.old.pools = [pool("etl", 4), pool("big", -1)]
        result = both.migrate("pools")
        assert result.exit_code == 1
        assert "without limit" in result.output
        assert "airflow pools export /dev/stdout | python -m ops migrate pools --from-stdin" in result.output
        export = json.dumps({"big": {"slots": -1, "description": None, "include_deferred": False}})
        assert both.states("pools", stdin=f"{export}Exported 1 pools to /dev/stdout\n") == {"big": "new"}


class TestUsers:
    @pytest.fixture
    def old(self, both: Both) -> Both:
        both.old.roles = [
            role("Admin", ("can_read", "Everything")),
            role(
                "team_a",
                ("can_read", "DAGs"),
                ("can_read", "Datasets"),
                ("can_edit", "DAG:etl"),
                ("can_read", "SLA Misses"),
            ),
        ]
        both.old.users = [
            user(ADMIN, "Admin"),
            user("viv", "Viewer", "team_a", last_name="O'Brien"),
            user("óscar", "Op", last_name=""),
            user("gone", "User", active=False),
        ]
        return both

    def test_come_with_roles_and_new_passwords(self, old: Both) -> None:
        assert old.states("users") == {
            "team_a": "new",
            ADMIN: "left out",
            "viv": "new",
            "óscar": "new",
            "gone": "left out",
        }
        assert set(old.new.users) == {"viv", "óscar"}
        assert old.new.users["viv"]["roles"] == [{"name": "Viewer"}, {"name": "team_a"}]
        held = old.secrets
        assert {held[f"airflow/users/{name}"]["username"] for name in ("viv", "=C3=B3scar")} == {"viv", "óscar"}
        sent = {body["username"]: body["password"] for _, path, body in old.new.changes if path.endswith("/users")}
        assert sent == {each["username"]: each["password"] for each in held.values()}
        assert len(set(sent.values())) == 2

    def test_a_role_brings_what_the_new_airflow_knows(self, old: Both) -> None:
        output = old.migrate("users").output
        pairs = {(each["action"]["name"], each["resource"]["name"]) for each in old.new.roles["team_a"]["actions"]}
        assert pairs == {("can_read", "DAGs"), ("can_read", "Assets")}
        assert "can_edit on DAG:etl" in output
        assert "can_read on SLA Misses" in output

    def test_a_second_run_changes_nothing(self, old: Both) -> None:
        old.migrate("users")
        before, held = len(old.new.changes), old.secrets
        assert set(old.states("users").values()) == {"same", "left out"}
        assert (len(old.new.changes), old.secrets) == (before, held)

    def test_no_password_is_shown(self, old: Both) -> None:
        output = old.migrate("users").output
        assert not [each for each in old.secrets.values() if each["password"] in output]

    def test_a_refusal_that_repeats_the_password(self, old: Both) -> None:
        old.new.failing["/auth/fab/v1/users"] = lambda body: (422, {"detail": [{"input": body["password"]}]})
        result = old.migrate("users")
        assert result.exit_code == 1
        assert "(password)" in result.output
        held = [each["password"] for each in old.secrets.values()]
        assert held
        assert not [password for password in held if password in result.output]

    def test_one_who_was_stopped_half_way_gets_the_same_password(self, old: Both) -> None:
        old.new.failing["/auth/fab/v1/users"] = lambda _: (503, {})
        assert old.migrate("users").exit_code == 1
        held = old.secrets
        old.new.failing.clear()
        assert old.migrate("users").exit_code == 0
        assert old.secrets == held
        sent = [body["password"] for _, path, body in old.new.changes if path.endswith("/users")]
        assert set(sent) == {each["password"] for each in held.values()}

    def test_who_signs_in_at_an_identity_provider_needs_no_password(self, old: Both) -> None:
        old.settings = [f"--context=airflow.ingress.{key}={value}" for key, value in IDENTITY.items()]
        assert old.migrate("users").exit_code == 0
        assert set(old.new.users) == {"viv", "óscar"}
        assert not old.secrets

    def test_other_roles_are_a_conflict_until_they_may_be_overwritten(self, old: Both) -> None:
        old.migrate("users")
        held = old.secrets
        old.old.users[1] = user("viv", "Op", last_name="O'Brien")
        assert old.states("users")["viv"] == "conflict"
        assert old.states("users", "--overwrite")["viv"] == "changed"
        assert old.new.users["viv"]["roles"] == [{"name": "Op"}]
        assert old.secrets == held

    def test_an_address_that_is_somebody_elses(self, old: Both) -> None:
        old.new.users["other"] = {**user("other"), "email": "VIV@example.com"}
        result = old.migrate("users")
        assert result.exit_code == 1
        assert "the one of other" in result.output

    def test_a_deployment_with_another_auth_manager(self, old: Both) -> None:
        old.new.other_auth_manager = True
        result = old.migrate("users")
        assert result.exit_code == 2
        assert "another auth manager than FAB" in result.output

    def test_an_old_airflow_with_another_auth_manager(self, old: Both) -> None:
        old.old.version, old.old.broken = "3.3.2", {"/auth/fab": (404, {"detail": "Not Found"})}
        old.old.pools = [pool("etl", 4)]
        assert old.states() == {"all users": "not given", "etl": "new"}

    def test_an_export_has_no_roles_in_it(self, both: Both) -> None:
        export = [
            {
                "id": 1,
                "username": "viv",
                "email": "v@example.com",
                "firstname": "V",
                "lastname": "B",
                "roles": ["team_a"],
            }
        ]
        result = both.migrate("users", stdin=json.dumps(export))
        assert result.exit_code == 1
        assert "there is no role team_a" in result.output
        assert "does not say who is not active" in result.output


IDENTITY = {
    "certificate_arn": "arn:aws:acm:us-west-2:123456789012:certificate/0123abcd-0123-0123-0123-0123456789ab",
    "domain": "airflow.example.com",
    "oidc.issuer": "https://login.example.com",
    "oidc.authorization_endpoint": "https://login.example.com/authorize",
    "oidc.token_endpoint": "https://login.example.com/token",
    "oidc.user_info_endpoint": "https://login.example.com/userinfo",
    "oidc.client_id": "airflow",
    "oidc.client_secret_arn": "arn:aws:secretsmanager:us-west-2:123456789012:secret:oidc-a1b2c3",
}
