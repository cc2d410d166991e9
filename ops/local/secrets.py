"""Airflow's Secrets on this machine: made as Secrets Manager makes them, filled in as External Secrets does it."""

from __future__ import annotations

import json
import re
import secrets
import string
from base64 import b64encode
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

from ops.errors import OpsError
from ops.local.rendered import Rendered

_EXPRESSION = re.compile(r"\{\{-?\s*\.(\w+)((?:\s*\|\s*\w+)*)\s*-?\}\}")
_FUNCTIONS: dict[str, Callable[[str], str]] = {
    "urlquery": quote_plus,
    "b64enc": lambda value: b64encode(value.encode()).decode(),
    "trim": str.strip,
}
_DEFAULT_LENGTH = 32


class LocalSecrets:
    """Secrets that are made at the first start and kept in a file, as long as the database that knows them."""

    def __init__(self, rendered: Rendered, file: Path) -> None:
        self._rendered = rendered
        self._file = file
        self._kept: dict[str, str] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}

    def secret(self, name: str) -> dict[str, str]:
        """A Kubernetes Secret. Raises OpsError where the platform has none of that name."""
        if name not in self._rendered.secrets:
            raise OpsError(f"the synthesized application has no ExternalSecret {name}")
        template = self._rendered.secrets[name]
        values = {word: self._value(key, field) for word, (key, field) in template.sources.items()}
        return {key: fill_in(text, values, where=f"{key} of {name}") for key, text in template.data.items()}

    def _value(self, key: str, field: str | None) -> str:
        if key not in self._kept:
            self._kept[key] = generate(self._rendered.generated(key))
            self._file.touch(mode=0o600)
            self._file.write_text(json.dumps(self._kept, indent=1), encoding="utf-8")
        value = self._kept[key]
        return str(json.loads(value)[field]) if field else value


def generate(spec: Mapping[str, Any]) -> str:
    """What Secrets Manager's GenerateSecretString gives."""
    alphabet = string.ascii_letters + string.digits
    if not spec.get("ExcludePunctuation", True):
        alphabet += string.punctuation
    alphabet = "".join(set(alphabet) - set(spec.get("ExcludeCharacters", "")))
    made = "".join(secrets.choice(alphabet) for _ in range(spec.get("PasswordLength", _DEFAULT_LENGTH)))
    if "GenerateStringKey" not in spec:
        return made
    return json.dumps({**json.loads(spec["SecretStringTemplate"]), spec["GenerateStringKey"]: made})


def fill_in(template: str, values: Mapping[str, str], *, where: str) -> str:
    """A template with its values. Raises OpsError at an expression that is none of the few that are used here."""

    def value(found: re.Match[str]) -> str:
        text = values[found[1]]
        for function in found[2].replace("|", " ").split():
            text = _FUNCTIONS[function](text)
        return text

    try:
        filled = _EXPRESSION.sub(value, template)
    except KeyError as error:
        raise OpsError(f"cannot fill in {where}: {error.args[0]} is unknown") from None
    if "{{" in _EXPRESSION.sub("", template):
        raise OpsError(f"cannot fill in {where}: only {{{{ .name | function }}}} is understood here")
    return filled
