"""What a deployment in China asks of its region is there: types of resources, services behind permissions."""

from __future__ import annotations

import pytest

from settings import PARTITIONS
from tests.support.deployment import Deployment
from tests.support.offers import ENDPOINTS, missing_services, missing_types, services, services_in, types_in
from tests.support.synthesis import BEIJING, NINGXIA


def test_cloudformation_knows_every_type(china_deployment: Deployment) -> None:
    assert missing_types(china_deployment) == set()


def test_every_permission_is_for_a_service_that_is_there(china_deployment: Deployment) -> None:
    assert missing_services(china_deployment) == set()


def test_there_is_something_to_look_at(china_deployment: Deployment) -> None:
    assert {"AWS::EKS::Cluster", "AWS::RDS::DBCluster", "AWS::IAM::Role"} <= {
        resource.type for resource in china_deployment.resources.values()
    }
    assert {"ec2", "iam", "kms", "s3", "secretsmanager", "codecommit", *ENDPOINTS} <= services(china_deployment)


@pytest.mark.parametrize("region", [BEIJING, NINGXIA])
def test_what_is_known_to_be_missing_is_found_missing(region: str) -> None:
    absent = {"AWS::APS::Workspace", "AWS::Grafana::Workspace", "AWS::Cognito::UserPool", "AWS::ECR::PublicRepository"}
    assert absent & types_in(region) == set()
    assert {"aps", "grafana", "cognito-idp", "ecr-public"} & services_in(region) == set()


def test_the_price_list_is_elsewhere() -> None:
    assert "api.pricing" not in services_in(BEIJING)
    assert "api.pricing" in services_in(PARTITIONS["aws-cn"].price_list_region)
