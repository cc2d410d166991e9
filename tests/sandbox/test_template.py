"""Templates without a server: intrinsic functions, dependencies, parameters, order."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest

from ops.sandbox.cloudformation.errors import ValidationError
from ops.sandbox.cloudformation.intrinsics import NO_VALUE, Evaluator
from ops.sandbox.cloudformation.parameters import resolve_parameters
from ops.sandbox.cloudformation.template import Template
from ops.sandbox.cloudformation.walk import walk

pytestmark = pytest.mark.sandbox


class Scope:
    def reference(self, name: str) -> Any:
        return {"AWS::NoValue": NO_VALUE, "Name": "airflow", "List": ["a", "b"]}[name]

    def attribute(self, logical_id: str, name: str) -> Any:
        return f"{logical_id}/{name}"

    def zones(self, region: str) -> list[str]:
        return [f"{region}a", f"{region}b"]


def _value(expression: Any) -> Any:
    conditions = {"Yes": {"Fn::Equals": ["1", 1]}, "No": {"Fn::Not": [{"Condition": "Yes"}]}}
    return Evaluator(scope=Scope(), conditions=conditions, mappings={"M": {"a": {"b": "c"}}}).value(expression)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ({"Ref": "Name"}, "airflow"),
        ({"Fn::GetAtt": ["Bucket", "Arn"]}, "Bucket/Arn"),
        ({"Fn::GetAtt": "Stack.Outputs.Arn"}, "Stack/Outputs.Arn"),
        ({"Fn::Join": ["-", ["x", {"Ref": "Name"}, 1]]}, "x-airflow-1"),
        ({"Fn::Join": [",", {"Ref": "List"}]}, "a,b"),
        ({"Fn::Sub": "${Name}/${Bucket.Arn}/${!Literal}"}, "airflow/Bucket/Arn/${Literal}"),
        ({"Fn::Sub": ["${X}-${Name}", {"X": {"Ref": "Name"}}]}, "airflow-airflow"),
        ({"Fn::Select": ["1", {"Fn::Split": [":", "a:b:c"]}]}, "b"),
        ({"Fn::Select": [1, {"Fn::GetAZs": "r"}]}, "rb"),
        ({"Fn::If": ["Yes", 1, 2]}, 1),
        ({"Fn::If": ["No", 1, 2]}, 2),
        ({"Fn::FindInMap": ["M", "a", "b"]}, "c"),
        ({"Fn::Contains": [["1", "2"], "2"]}, True),
        ({"Fn::Base64": "x"}, "eA=="),
        ({"A": {"Fn::If": ["No", 1, {"Ref": "AWS::NoValue"}]}, "B": [{"Ref": "AWS::NoValue"}, 2]}, {"B": [2]}),
        # A policy statement with nothing but a condition is no function.
        (
            {"Condition": {"Bool": {"aws:SecureTransport": "false"}}},
            {"Condition": {"Bool": {"aws:SecureTransport": "false"}}},
        ),
    ],
)
def test_intrinsic_functions(expression: Any, value: Any) -> None:
    assert _value(expression) == value


def test_unknown_function_is_named() -> None:
    with pytest.raises(ValidationError, match="Fn::Transform"):
        _value({"Fn::Transform": {}})


def test_dependencies_are_said_or_implied() -> None:
    resources = {
        "A": {"Type": "T"},
        "B": {"Type": "T", "Properties": {"X": {"Ref": "A"}}},
        "C": {"Type": "T", "Properties": {"X": {"Fn::Sub": "${B.Arn}-${AWS::Region}"}}},
        "D": {"Type": "T", "DependsOn": ["A", "C"], "Properties": {"X": {"Fn::GetAtt": ["B", "Arn"]}}},
    }
    template = Template.parse(json.dumps({"Resources": resources}))
    assert {name: sorted(needs) for name, needs in template.dependencies.items()} == {
        "A": [],
        "B": ["A"],
        "C": ["B"],
        "D": ["A", "B", "C"],
    }


def test_yaml_is_read_too() -> None:
    assert Template.parse("Resources:\n  A:\n    Type: T\n").resources["A"].type == "T"


def test_parameters_have_defaults_and_limits() -> None:
    declared = {"A": {"Type": "String", "Default": "x"}, "B": {"Type": "Number", "AllowedValues": [1, 2]}}
    assert resolve_parameters(declared, {"B": "2"}, aws=None) == {"A": "x", "B": "2"}  # type: ignore[arg-type]
    with pytest.raises(ValidationError, match="B must be one of 1, 2"):
        resolve_parameters(declared, {"B": "3"}, aws=None)  # type: ignore[arg-type]


def test_walk_keeps_the_order_and_leaves_what_needs_a_failure() -> None:
    done: list[str] = []
    lock = threading.Lock()

    def do(item: str) -> bool:
        with lock:
            done.append(item)
        return item != "bad"

    needs = {"a": (), "b": ("a",), "bad": ("a",), "c": ("b", "bad"), "d": ("c",)}
    walk({item: frozenset(required) for item, required in needs.items()}, do)
    assert done[0] == "a"
    assert sorted(done) == ["a", "b", "bad"]
