"""What a deployment asks of a region is there, in every region that the settings accept; or the settings refuse it."""

from __future__ import annotations

import pytest

from settings import PARTITIONS, SettingsError, load_settings
from tests.support.deployment import Deployment
from tests.support.offers import ENDPOINTS, services, services_in, types, types_in

FACTS = PARTITIONS["aws"]
REPOSITORY, BUDGET, WORKSPACE = "AWS::CodeCommit::Repository", "AWS::Budgets::Budget", "AWS::APS::Workspace"
# What a person may ask for beyond what there is by default.
OPTIONAL = {BUDGET, "AWS::Chatbot::SlackChannelConfiguration", "AWS::WAFv2::WebACLAssociation", "AWS::WAFv2::WebACL"}
# cfn-lint has no list of this region.
UNKNOWN = {"me-south-1"}
REGIONS = [region for region in FACTS.regions if region not in UNKNOWN]
# Not a service of any region: the price list, which Karpenter asks elsewhere.
ELSEWHERE = {"pricing"}


def test_the_table_is_complete() -> None:
    assert set(FACTS.regions) >= FACTS.without_repositories | FACTS.without_budgets
    assert {"ap-east-2", "ca-west-1", "eu-central-2"} <= FACTS.without_repositories
    assert len(REGIONS) > 30


@pytest.mark.parametrize("region", REGIONS)
def test_cloudformation_knows_every_type(aws: Deployment, region: str) -> None:
    absent = (types(aws) | OPTIONAL) - types_in(region)
    expected = {REPOSITORY} if region in FACTS.without_repositories else set()
    expected |= {BUDGET} if region in FACTS.without_budgets else set()
    assert absent == expected


@pytest.mark.parametrize("region", FACTS.regions)
def test_every_service_answers(aws: Deployment, region: str) -> None:
    named = services(aws) - ELSEWHERE
    absent = {service for service in named if ENDPOINTS.get(service, service) not in services_in(region)}
    expected = set() if FACTS.has_codecommit(region) else {"codecommit"}
    expected |= set() if FACTS.has_managed_prometheus(region) else {"aps"}
    assert absent == expected & named


GIT = {"dags.git.url": "https://git.example.com/dags.git"}


@pytest.mark.parametrize("region", FACTS.regions)
def test_the_settings_refuse_what_is_not_there(region: str) -> None:
    def refused(**chosen: str) -> bool:
        try:
            load_settings({"region": region, **chosen})
        except SettingsError:
            return True
        return False

    assert refused() is (region in FACTS.without_repositories)
    assert refused(**{"dags.existing_repository": "dags"}) is not FACTS.has_codecommit(region)
    assert refused(**GIT, **{"alarms.monthly_budget": "500"}) is (region in FACTS.without_budgets)
    assert refused(**GIT, **{"metrics.managed_prometheus": "true"}) is not FACTS.has_managed_prometheus(region)
    assert not refused(**GIT)


@pytest.mark.parametrize(
    ("region", "said"),
    [
        ("eu-central-2", "dags.git.url = unset: eu-central-2 has no AWS CodeCommit; name a git repository elsewhere"),
        (
            "af-south-1",
            "dags.existing_repository = unset: CloudFormation makes no AWS CodeCommit repository in af-south",
        ),
    ],
)
def test_the_message_names_the_way_out(region: str, said: str) -> None:
    with pytest.raises(SettingsError) as refused:
        load_settings({"region": region})
    assert said in str(refused.value)
    assert "dags.git.url" in str(refused.value)


def test_metrics_stay_in_the_cluster_where_there_is_no_managed_prometheus() -> None:
    assert not load_settings({"partition": "aws-cn"}).has_managed_prometheus
    assert load_settings({}).has_managed_prometheus
