"""Task pods: an identity that may do what the settings say and nothing more; where they are off, nothing of them."""

from __future__ import annotations

from tests.support.deployment import Deployment

_ROLE = "/TaskPodsIdentity/"


def test_their_identity_may_do_nothing_by_itself(aws: Deployment) -> None:
    role = aws.one("AWS::IAM::Role", stack="Airflow", path=_ROLE).properties
    assert not {"Policies", "ManagedPolicyArns"} & role.keys()
    assert not aws.all("AWS::IAM::Policy", path=_ROLE)
    association = aws.one("AWS::EKS::PodIdentityAssociation", stack="Airflow", path=_ROLE).properties
    assert (association["Namespace"], association["ServiceAccount"]) == ("task-pods", "task")


def test_their_identity_has_the_policies_of_the_settings(internet: Deployment) -> None:
    role = internet.one("AWS::IAM::Role", stack="Airflow", path=_ROLE).properties
    assert role["ManagedPolicyArns"] == ["arn:aws:iam::123456789012:policy/read-orders"]


def test_where_they_are_off_nothing_of_them_is_there(sidecar: Deployment) -> None:
    assert not sidecar.settings.airflow.task_pods.enabled
    assert not sidecar.all("AWS::IAM::Role", path=_ROLE)
    assert [each.name for each in sidecar.installed if "task-pods" in (each.name, each.namespace)] == []
