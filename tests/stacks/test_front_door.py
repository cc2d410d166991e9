"""The way in: certificate and record, web ACL, and sign-in by OpenID Connect."""

from __future__ import annotations

import json
from typing import Any

from charts.airflow import load_balancer_name
from tests.support.deployment import Deployment, Resource
from tests.support.order import Order

PREFIX = "alb.ingress.kubernetes.io"
CLIENT_SECRET = "airflow-oidc-client"


def annotations(deployment: Deployment) -> dict[str, str]:
    found: dict[str, str] = deployment.releases["airflow"].manifest["ingress"]["apiServer"]["annotations"]
    return found


def statements(deployment: Deployment, path: str) -> dict[str, dict[str, Any]]:
    role = deployment.one("AWS::IAM::Role", path=path)
    return {each["Sid"]: each for each in role.properties["Policies"][0]["PolicyDocument"]["Statement"]}


def before(deployment: Deployment, resource: Resource) -> frozenset[str]:
    return Order(deployment.templates).before(resource.address)


def test_the_certificate_is_made_and_used(sign_in: Deployment) -> None:
    certificate = sign_in.one("AWS::CertificateManager::Certificate")
    assert certificate.properties["DomainName"] == "airflow.example.com"
    [validation] = certificate.properties["DomainValidationOptions"]
    assert validation == {"DomainName": "airflow.example.com", "HostedZoneId": "Z0123456789ABC"}
    assert annotations(sign_in)[f"{PREFIX}/certificate-arn"] == certificate.ref
    assert annotations(sign_in)[f"{PREFIX}/ssl-redirect"] == "443"


def test_the_name_leads_to_the_load_balancer(sign_in: Deployment) -> None:
    record = sign_in.one("AWS::Route53::RecordSet")
    value = sign_in.one("Custom::AWSCDK-EKS-KubernetesObjectValue", path="/Airflow/DomainRecord/")
    assert record.properties["Name"] == "airflow.example.com"
    assert record.properties["ResourceRecords"] == [value.att("Value")]
    assert (value.properties["ObjectNamespace"], value.properties["ObjectName"]) == ("airflow", "airflow-ingress")
    # Nobody can be asked for the load balancer's name before there is one.
    assert sign_in.releases["airflow"].address in before(sign_in, value)


def test_another_scheme_asks_for_another_load_balancer(sign_in: Deployment) -> None:
    asked = sign_in.all("Custom::AWSCDK-EKS-KubernetesObjectValue")
    values = [each for each in asked if each.properties["ObjectType"] == "ingress"]
    scheme = sign_in.settings.airflow.ingress.effective_scheme
    assert scheme == ("internal" if sign_in.settings.partition == "aws" else "internet-facing")
    # One for the domain's record, one for the alarms.
    assert [each.stack for each in values if f"/LoadBalancer-{scheme}/" in each.path] == ["Airflow", "Alarms"]
    assert len(values) == 2
    # The ingress has the name of the old one until the new one is there; only internal ones are called `internal-…`.
    wanted = ">" if scheme == "internal" else "<"
    path = f'.status.loadBalancer.ingress[?(@.hostname{wanted}"internal-")].hostname'
    assert {each.properties["JsonPath"] for each in values} == {path}
    assert load_balancer_name(sign_in.settings.name) < "internal-"


def test_the_web_acl_is_there_as_long_as_the_load_balancer(sign_in: Deployment) -> None:
    acl = sign_in.one("AWS::WAFv2::WebACL")
    assert annotations(sign_in)[f"{PREFIX}/wafv2-acl-arn"] == acl.att("Arn")
    release = sign_in.releases["airflow"].resource
    # WAF does not delete what is associated; the association goes with the load balancer, and that with the release.
    assert acl.address in before(sign_in, release)


def test_the_web_acl_limits_and_does_not_stop_large_bodies(sign_in: Deployment) -> None:
    rules = {rule["Name"]: rule for rule in sign_in.one("AWS::WAFv2::WebACL").properties["Rules"]}
    assert rules["RateLimit"]["Action"] == {"Block": {}}
    assert rules["RateLimit"]["Statement"]["RateBasedStatement"] == {"AggregateKeyType": "IP", "Limit": 10000}
    common = rules["AWSManagedRulesCommonRuleSet"]["Statement"]["ManagedRuleGroupStatement"]
    assert common["RuleActionOverrides"] == [{"Name": "SizeRestrictions_BODY", "ActionToUse": {"Count": {}}}]
    assert len({rule["Priority"] for rule in rules.values()}) == len(rules) == 4


def test_the_controller_may_use_the_web_acl_where_there_is_one(sign_in: Deployment, dev: Deployment) -> None:
    path = "/LoadBalancerControllerIdentity/"
    added = statements(sign_in, path).keys() - statements(dev, path).keys()
    assert added == {"PutWebAclBeforeLoadBalancer", "SetWebAclOfLoadBalancer"}
    assert sign_in.releases["aws-load-balancer-controller"].manifest["enableWafv2"] is True
    assert dev.releases["aws-load-balancer-controller"].manifest["enableWafv2"] is False


def test_people_sign_in_at_the_load_balancer(sign_in: Deployment) -> None:
    found = annotations(sign_in)
    assert found[f"{PREFIX}/auth-type"] == "oidc"
    assert found[f"{PREFIX}/auth-on-unauthenticated-request"] == "authenticate"
    assert found[f"{PREFIX}/auth-session-timeout"] == "43200"
    assert json.loads(found[f"{PREFIX}/auth-idp-oidc"]) == {
        "issuer": "https://login.example.com/tenant",
        "authorizationEndpoint": "https://login.example.com/tenant/authorize",
        "tokenEndpoint": "https://login.example.com/tenant/token",
        "userInfoEndpoint": "https://login.example.com/userinfo",
        "secretName": CLIENT_SECRET,
    }


def test_the_clients_secret_goes_its_own_way(sign_in: Deployment) -> None:
    oidc = sign_in.settings.airflow.ingress.oidc
    assert oidc is not None
    spec = sign_in.object("ExternalSecret", CLIENT_SECRET)["spec"]
    assert spec["target"]["template"]["data"] == {"clientID": "airflow", "clientSecret": "{{ .secret }}"}
    [source] = spec["data"]
    assert source["remoteRef"] == {"key": oidc.client_secret_arn}
    allowed = statements(sign_in, "/ExternalSecretsIdentity/")
    assert allowed["ReadOidcClientSecret"]["Resource"] == oidc.client_secret_arn
    assert ("DecryptOidcClientSecret" in allowed) == (oidc.client_secret_key_arn is not None)


def test_the_controller_reads_that_secret_and_no_other(sign_in: Deployment) -> None:
    [rule] = sign_in.object("Role", CLIENT_SECRET)["rules"]
    assert (rule["resources"], rule["resourceNames"]) == (["secrets"], [CLIENT_SECRET])
    [subject] = sign_in.object("RoleBinding", CLIENT_SECRET)["subjects"]
    controller = sign_in.releases["aws-load-balancer-controller"]
    assert subject["name"] == controller.manifest["serviceAccount"]["name"]
    assert subject["namespace"] == controller.namespace


def test_airflow_believes_load_balancers_of_this_account(sign_in: Deployment) -> None:
    server = sign_in.releases["airflow"].manifest["apiServer"]
    environment = {each["name"]: each["value"] for each in server["env"]}
    region, dns_suffix = sign_in.settings.region, sign_in.settings.facts.dns_suffix
    assert environment["LOAD_BALANCER_ARN_PREFIX"] == (
        f"arn:${{AWS::Partition}}:elasticloadbalancing:{region}:${{AWS::AccountId}}:loadbalancer/app/"
    )
    assert environment["LOAD_BALANCER_KEYS_URL"] == f"https://public-keys.auth.elb.{region}.{dns_suffix}"
    assert environment["OIDC_CLIENT_ID"] == "airflow"
    assert environment["FORWARDED_ALLOW_IPS"] == "*"
    assert server["args"][-1].endswith("--proxy-headers")
    # The chart takes the file for a template of its own.
    assert "{{" not in server["apiServerConfig"]
    assert "SECURITY_MANAGER_CLASS" in server["apiServerConfig"]


def test_without_all_that_there_is_nothing_of_it(dev: Deployment) -> None:
    for type_ in ("CertificateManager::Certificate", "Route53::RecordSet", "WAFv2::WebACL"):
        assert dev.all(f"AWS::{type_}") == []
    assert not [key for key in annotations(dev) if "auth" in key or "waf" in key]
    assert not {"apiServerConfig", "args", "env"} & dev.releases["airflow"].manifest["apiServer"].keys()
