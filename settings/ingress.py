"""Settings of the way in: the load balancer, its name and certificate, and who signs people in."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from settings.section import Section
from settings.types import (
    CertificateArn,
    Cidr,
    ClientId,
    EmailAddress,
    HostedZoneId,
    HostName,
    Items,
    KeyArn,
    OidcScope,
    SecretArn,
)
from settings.urls import HttpsUrl, Issuer


class OidcSettings(Section):
    """Sign-in by OpenID Connect, which the load balancer does before a request reaches Airflow.

    The endpoints are in the issuer's `/.well-known/openid-configuration`.
    """

    issuer: Issuer = Field(description="The provider's issuer, as it stands in its tokens.")
    authorization_endpoint: HttpsUrl = Field(description="Where people are sent to sign in.")
    token_endpoint: HttpsUrl = Field(description="Where the load balancer changes a code for tokens.")
    user_info_endpoint: HttpsUrl = Field(description="Where the load balancer asks who somebody is.")
    client_id: ClientId = Field(description="Id of the client that stands for this deployment at the provider.")
    client_secret_arn: SecretArn = Field(
        description="ARN of the secret in Secrets Manager whose text is the client's secret."
    )
    client_secret_key_arn: KeyArn | None = Field(
        default=None, description="KMS key of that secret, where it is not AWS' own `aws/secretsmanager`."
    )
    scope: OidcScope = Field(default="openid email", description="Scopes that are asked for, `openid` among them.")
    session_hours: int = Field(default=12, ge=1, le=168, description="Hours until somebody has to sign in again.")
    airflow_login: Literal["identity", "password"] = Field(
        default="identity",
        description="`identity`: who has signed in at the provider is signed in to Airflow, by e-mail address; "
        "`password`: Airflow asks for a user and a password of its own besides.",
    )
    default_role: Literal["Public", "Viewer", "User", "Op", "Admin"] = Field(
        default="Viewer", description="Airflow role of somebody who comes for the first time by `identity`."
    )
    administrators: Items[EmailAddress] = Field(
        default=(), description="E-mail addresses of those who get the role Admin instead when they first come."
    )


class IngressSettings(Section):
    """The load balancer before Airflow's API server and web UI."""

    scheme: Literal["internal", "internet-facing"] | None = Field(
        default=None,
        description="Unset: `internet-facing` where `certificate_arn` is set, `internal` otherwise.",
    )
    certificate_arn: CertificateArn | None = Field(
        default=None, description="ACM certificate: HTTPS, HTTP is redirected."
    )
    domain: HostName | None = Field(
        default=None,
        description="Host name that people type; it must be in the certificate.",
    )
    hosted_zone_id: HostedZoneId | None = Field(
        default=None,
        description="Public hosted zone in Amazon Route 53 that `domain` is in. Its record is made there, and where "
        "`certificate_arn` is unset, the certificate too. `scheme` stays `internal` unless it is set.",
    )
    allow_http: bool = Field(default=False, description="Allow an internet-facing load balancer without HTTPS.")
    allowed_cidrs: Items[Cidr] = Field(
        default=(), description="Who may reach the load balancer. Empty: whoever has a route."
    )
    waf: bool = Field(
        default=False,
        description="AWS WAF before the load balancer: AWS' managed rules, and a limit of requests per address.",
    )
    waf_rate_limit: int = Field(
        default=10000,
        ge=10,
        le=2_000_000_000,
        description="Requests from one address within five minutes, above which AWS WAF blocks it. The web UI asks "
        "every few seconds, and people in an office may share an address.",
    )
    oidc: OidcSettings | None = Field(default=None, description="Sign-in by OpenID Connect at the load balancer.")

    @property
    def makes_certificate(self) -> bool:
        """Whether the deployment makes its own certificate."""
        return self.hosted_zone_id is not None and self.certificate_arn is None

    @property
    def has_https(self) -> bool:
        """Whether there is a certificate: one that is given, or one that is made."""
        return self.certificate_arn is not None or self.makes_certificate

    @property
    def effective_scheme(self) -> Literal["internal", "internet-facing"]:
        """The scheme in force."""
        return self.scheme or ("internet-facing" if self.certificate_arn else "internal")
