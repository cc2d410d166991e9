"""Variables: what is secret into Secrets Manager, the rest into the metadata database."""

from __future__ import annotations

import json

import pytest

from tests.ops.migrate.conftest import Both
from tests.ops.migrate.fake_old import variable

SECRET = "sk-123"
GREETING = 'Grüß dich, 世界 🚀 "x"'


@pytest.fixture
def old(both: Both) -> Both:
    """An Airflow 2, which hides nothing."""
    both.old.variables = [
        variable("team", "data", "who pays"),
        variable("greeting", GREETING),
        variable("version", "1.10"),
        variable("key with space", "v"),
        variable("empty_password", ""),
        variable("my_api_key", SECRET),
        variable("conf", json.dumps({"bucket": "b", "deep": [{"password": SECRET}]})),
        variable("stars", "a *** b"),
        variable("spark", "{}"),
    ]
    return both


def test_each_goes_where_it_belongs(old: Both) -> None:
    states = old.states("variables")
    assert states.pop("spark") == "left out"
    assert set(states.values()) == {"new"}
    assert old.secrets == {
        "airflow/variables/conf": {"bucket": "b", "deep": [{"password": SECRET}]},
        "airflow/variables/my_api_key": SECRET,
    }
    made = {key: (each["value"], each["description"]) for key, each in old.new.variables.items()}
    assert made == {
        "team": ("data", "who pays"),
        "greeting": (GREETING, None),
        "version": ("1.10", None),
        "key with space": ("v", None),
        "empty_password": ("", None),
        "stars": ("a *** b", None),
    }


def test_a_second_run_changes_nothing(old: Both) -> None:
    old.migrate("variables")
    before = len(old.new.changes)
    states = old.states("variables")
    assert states.pop("spark") == "left out"
    assert set(states.values()) == {"same"}
    assert len(old.new.changes) == before


def test_no_secret_is_shown(old: Both) -> None:
    assert SECRET not in old.migrate("variables").output + old.migrate("variables", "-o", "json").output


def test_other_values_are_conflicts_until_they_may_be_overwritten(old: Both) -> None:
    old.migrate("variables")
    old.old.variables = [variable("team", "other"), variable("my_api_key", "other")]
    assert old.states("variables") == {"team": "conflict", "my_api_key": "conflict"}
    assert old.states("variables", "--overwrite") == {"team": "changed", "my_api_key": "changed"}
    assert old.new.variables["team"]["value"] == "other"
    assert old.secrets["airflow/variables/my_api_key"] == "other"


def test_an_export_of_airflow_2_has_no_descriptions(old: Both) -> None:
    assert old.states("variables", stdin='{"team": "data"}') == {"team": "new"}
    assert old.states("variables")["team"] == "changed"
    assert old.new.variables["team"] == variable("team", "data", "who pays")
    assert old.states("variables", stdin='{"team": "data"}') == {"team": "same"}


def test_what_one_place_has_hides_the_other(both: Both) -> None:
    both.aws.client("secretsmanager").create_secret(Name="airflow/variables/team", SecretString="other")
    both.new.variables["my_api_key"] = variable("my_api_key", "x")
    both.old.variables = [variable("team", "data"), variable("my_api_key", SECRET)]
    result = both.migrate("variables")
    assert result.exit_code == 1
    assert "2 conflict" in result.output
    assert not both.new.changes


def test_a_secret_with_a_name_that_secrets_manager_does_not_take(both: Both) -> None:
    both.old.variables = [
        variable("secret with ümlaut", "x"),
        variable("a--token", "x"),
        variable("token", "x" * 65537),
    ]
    assert set(both.states("variables").values()) == {"refused"}
    assert not both.secrets


class TestOfAirflow3:
    @pytest.fixture
    def three(self, both: Both) -> Both:
        both.old.version = "3.3.2"
        both.old.variables = [variable("my_api_key", "***"), variable("version", "1.1"), variable("team", "data")]
        return both

    def test_what_it_hides_is_not_brought(self, three: Both) -> None:
        result = three.migrate("variables")
        assert result.exit_code == 1
        assert "airflow variables export /dev/stdout | python -m ops migrate variables --from-stdin" in result.output
        assert "1.10 as 1.1" in result.output
        assert not three.secrets
        assert set(three.new.variables) == {"version", "team"}

    def test_an_export_brings_it(self, three: Both) -> None:
        three.migrate("variables")
        described = {"value": {"n": 3}, "description": "what for"}
        export = json.dumps({"my_api_key": SECRET, "team": "data", "number": 7, "described": described})
        states = three.states("variables", stdin=f"[2026-11-27T23:00:00] {{x.py:1}} INFO - hello\n{export}Exported\n")
        assert states == {"my_api_key": "new", "team": "same", "number": "new", "described": "new"}
        assert three.secrets == {"airflow/variables/my_api_key": SECRET}
        made = {key: three.new.variables[key]["value"] for key in ("number", "described")}
        assert made == {"number": "7", "described": '{"n": 3}'}
        assert three.new.variables["described"]["description"] == "what for"
        # And its own API, asked again, agrees.
        assert three.migrate("variables").exit_code == 0
