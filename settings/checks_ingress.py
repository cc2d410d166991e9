"""Checks between settings of the way in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from settings.checks_place import in_place
from settings.errors import Contradiction

if TYPE_CHECKING:
    from settings.ingress import OidcSettings
    from settings.model import Settings

_INGRESS = "airflow.ingress"


def check_ingress(settings: Settings) -> Iterator[Contradiction]:
    """Where the settings of the way in contradict each other, or partition and region."""
    ingress = settings.airflow.ingress
    if ingress.effective_scheme == "internet-facing" and not ingress.has_https and not ingress.allow_http:
        yield Contradiction(
            f"{_INGRESS}.scheme",
            ingress.scheme,
            f"passwords would cross the internet in clear; set {_INGRESS}.certificate_arn, "
            f"or {_INGRESS}.allow_http=true if that is meant",
        )
    if ingress.hosted_zone_id and not ingress.domain:
        allowed = f"name the host in that zone, because {_INGRESS}.hosted_zone_id is set"
        yield Contradiction(f"{_INGRESS}.domain", None, allowed)
    if ingress.certificate_arn:
        yield from in_place(settings, f"{_INGRESS}.certificate_arn", ingress.certificate_arn, "a certificate")
    if ingress.has_https and ingress.allow_http:
        reason = "certificate_arn" if ingress.certificate_arn else "hosted_zone_id"
        allowed = f"must be false or left out: with {_INGRESS}.{reason}, HTTP is redirected to HTTPS"
        yield Contradiction(f"{_INGRESS}.allow_http", True, allowed)
    if ingress.oidc:
        yield from _oidc(settings, ingress.oidc)


def _oidc(settings: Settings, oidc: OidcSettings) -> Iterator[Contradiction]:
    if not settings.airflow.ingress.has_https:
        # https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-authenticate-users.html
        allowed = f"needs HTTPS: set {_INGRESS}.certificate_arn, or {_INGRESS}.hosted_zone_id and {_INGRESS}.domain"
        yield Contradiction(f"{_INGRESS}.oidc.issuer", oidc.issuer, allowed)
    yield from in_place(settings, f"{_INGRESS}.oidc.client_secret_arn", oidc.client_secret_arn, "a secret")
    if oidc.client_secret_key_arn:
        yield from in_place(settings, f"{_INGRESS}.oidc.client_secret_key_arn", oidc.client_secret_key_arn, "a key")
    if oidc.airflow_login == "identity" and "email" not in oidc.scope.split():
        allowed = f"must have email in it: {_INGRESS}.oidc.airflow_login=identity knows people by it"
        yield Contradiction(f"{_INGRESS}.oidc.scope", oidc.scope, allowed)
    if oidc.airflow_login == "password" and oidc.administrators:
        allowed = f"must be left out: with {_INGRESS}.oidc.airflow_login=password, Airflow has users of its own"
        yield Contradiction(f"{_INGRESS}.oidc.administrators", ",".join(oidc.administrators), allowed)
