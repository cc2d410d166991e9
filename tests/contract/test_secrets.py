"""No secret value stands in a template, a manifest or the values of a release."""

from __future__ import annotations

import json
import re

import pytest

from tests.support.deployment import Deployment
from tests.support.walk import Leaf, leaves

SUSPICIOUS_KEY = re.compile(r"passw|token|secret|credential|fernet|private.?key|api.?key|auth", re.IGNORECASE)

# What may stand under such a key, and why.
HARMLESS_KEYS = {
    r".*[sS]ecretName$": "the name of a Kubernetes Secret",
    r".*[sS]ecretKey$": "the name of a key within a Secret",
    r"[hH]ttpTokens$": "IMDSv2",
    r"alb\.ingress\.kubernetes\.io/auth-.*$": "how people sign in; it names the Secret with the client's",
    r"(authorization|token)Endpoint$": "a URL of the identity provider's",
    r"GITSYNC_PASSWORD_FILE$": "where the password is mounted",
    r"existingSecret$": "the name of a Kubernetes Secret",
    r"(auth_manager|AIRFLOW__CORE__AUTH_MANAGER)$": "the class that knows Airflow's users",
    r"(authType|allowed_auth_providers)$": "how Grafana finds its AWS credentials",
    r"AuthenticationMode$": "how the cluster knows people",
}
HARMLESS_VALUES = {
    r"\$\{[\w.]+\}": "a reference to a resource",
    r"\{\{resolve:secretsmanager:\$\{State\.\w+\}:SecretString:\w*::\}\}": "resolved by CloudFormation as it deploys",
    r"\{\{ \.\w+( \| sha256sum)? \}\}=?": "filled in by External Secrets, in the cluster",
}
URL_WITH_PASSWORD = re.compile(r"://[^/\s:@]*:(?!\{\{|\$\{)[^/\s@]+@")
# What Secrets Manager's generator gives without punctuation, in the lengths asked for here.
LONG_NAMES = ("PolicyName", "ManagedPolicyArns", "Fn::If")  # AWS and the CDK give them
GENERATED = re.compile(r"\b(?=\w*\d)(?=\w*[a-z])(?=\w*[A-Z])[A-Za-z0-9]{32,}\b")


def is_harmless(leaf: Leaf) -> bool:
    return any(re.match(pattern, leaf.key) for pattern in HARMLESS_KEYS) or any(
        re.fullmatch(pattern, str(leaf.value)) for pattern in HARMLESS_VALUES
    )


def literals(found: list[Leaf]) -> list[str]:
    """Password-like keys with values of their own."""
    return [
        str(leaf)
        for leaf in found
        if isinstance(leaf.value, str) and leaf.value and SUSPICIOUS_KEY.search(leaf.key) and not is_harmless(leaf)
    ]


def everything(deployment: Deployment) -> list[Leaf]:
    return [leaf for _, leaf in deployment.leaves] + list(leaves(deployment.outputs))


def test_no_password_like_literal(deployment: Deployment) -> None:
    # Outputs are references to secrets, if anything.
    assert not literals(everything(deployment))


def test_no_url_with_a_password(deployment: Deployment) -> None:
    assert not [str(leaf) for leaf in everything(deployment) if URL_WITH_PASSWORD.search(str(leaf.value))]


def test_nothing_looks_generated(deployment: Deployment) -> None:
    found = [
        str(leaf)
        for leaf in everything(deployment)
        if leaf.key not in LONG_NAMES and GENERATED.search(re.sub(r"\$\{[^}]*\}", "", str(leaf.value)))
    ]
    assert not found


@pytest.mark.parametrize(
    "value",
    [
        {"adminPassword": "hunter2"},
        {"env": [{"name": "DB_PASSWORD", "value": "hunter2"}]},
        {"Values": json.dumps({"data": {"metadataConnection": {"pass": "x", "authToken": "hunter2"}}})},
    ],
)
def test_a_literal_would_be_found(value: object) -> None:
    assert literals(list(leaves(value)))


def test_a_url_and_a_generated_value_would_be_found() -> None:
    assert URL_WITH_PASSWORD.search("postgresql://airflow:hunter2@host/db")
    assert URL_WITH_PASSWORD.search("rediss://:hunter2@host:6379/0")
    assert GENERATED.search("key: aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0dF3gH6jK9mN2p")


def test_no_kubernetes_secret_is_applied(deployment: Deployment) -> None:
    # External Secrets writes them.
    assert not [str(each) for each in deployment.objects if each.kind == "Secret"]


def test_secrets_are_generated(deployment: Deployment) -> None:
    for secret in deployment.all("AWS::SecretsManager::Secret"):
        assert "SecretString" not in secret.properties
        generated = secret.properties["GenerateSecretString"]
        assert generated["PasswordLength"] >= 32
        given = json.loads(generated.get("SecretStringTemplate", "{}"))
        assert set(given) <= {"username"}, secret.path
