"""Parameters: what was given, what is the default, and what is looked up in Systems Manager."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ops.sandbox.aws import Aws
from ops.sandbox.cloudformation.errors import ValidationError

_FROM_SSM = "AWS::SSM::Parameter::Value<String>"
_LISTS = frozenset({"CommaDelimitedList"})
_PLAIN = frozenset({"String", "Number"})


def resolve_parameters(declared: Mapping[str, Any], given: Mapping[str, str], aws: Aws) -> dict[str, Any]:
    """The value of each declared parameter. Raises ValidationError where one is missing, unknown or not allowed."""
    unknown = sorted(set(given) - set(declared))
    if unknown:
        raise ValidationError(f"Parameters: [{', '.join(unknown)}] do not exist in the template")
    missing = sorted(name for name, body in declared.items() if name not in given and "Default" not in body)
    if missing:
        raise ValidationError(f"Parameters: [{', '.join(missing)}] must have values")
    return {name: _resolve(name, body, given.get(name, body.get("Default")), aws) for name, body in declared.items()}


def _resolve(name: str, body: Mapping[str, Any], value: Any, aws: Aws) -> Any:
    text = str(value)
    allowed = body.get("AllowedValues")
    if allowed is not None and text not in map(str, allowed):
        raise ValidationError(f"Parameter {name} must be one of {', '.join(map(str, allowed))}")
    type_ = body["Type"]
    if type_ == _FROM_SSM:
        return _look_up(text, aws)
    if type_ in _LISTS:
        return [item.strip() for item in text.split(",")] if text else []
    if type_ in _PLAIN:
        return text
    raise ValidationError(f"the parameter type {type_} of {name} is not known to the sandbox")


def _look_up(name: str, aws: Aws) -> str:
    client = aws.client("ssm")
    try:
        value: str = client.get_parameter(Name=name)["Parameter"]["Value"]
    except client.exceptions.ParameterNotFound:
        raise ValidationError(f"Unable to fetch parameters [{name}] from parameter store for this account.") from None
    return value
