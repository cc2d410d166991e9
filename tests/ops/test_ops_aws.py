"""Errors of AWS in words, whose credentials they are, and what is in memory."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore import exceptions as boto
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError
from moto import mock_aws

from ops import aws as ops_aws
from ops.aws import connect, found
from ops.aws_errors import AwsError, Kind, explain
from tests.ops.answers import Answers, make_aws


def answered(code: str, message: str = "", status: int = 400) -> ClientError:
    """An error that a service answers with."""
    response: Any = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "DescribeVpcs")


ARN = "User: arn:aws:iam::123456789012:user/me is not authorized to perform: "


@pytest.mark.parametrize(
    ("error", "kind", "said"),
    [
        (boto.NoCredentialsError(), Kind.CREDENTIALS, "no AWS credentials were found"),
        (boto.PartialCredentialsError(provider="env", cred_var="x"), Kind.CREDENTIALS, "incomplete"),
        (boto.ProfileNotFound(profile="x"), Kind.CREDENTIALS, "aws configure list-profiles"),
        (boto.ConfigParseError(path="~/.aws/config"), Kind.CREDENTIALS, "Correct ~/.aws/config"),
        (boto.InvalidConfigError(error_msg="no source"), Kind.CREDENTIALS, "configuration cannot be used: no source"),
        (boto.NoRegionError(), Kind.CREDENTIALS, "no AWS region was given"),
        (boto.UnauthorizedSSOTokenError(), Kind.CREDENTIALS, "aws sso login"),
        (boto.TokenRetrievalError(provider="sso", error_msg="x"), Kind.CREDENTIALS, "aws sso login"),
        (boto.CredentialRetrievalError(provider="process", error_msg="x"), Kind.CREDENTIALS, "cannot be read"),
        (boto.EndpointConnectionError(endpoint_url="https://x"), Kind.OTHER, "HTTPS_PROXY"),
        (boto.ConnectTimeoutError(endpoint_url="https://x"), Kind.OTHER, "AWS cannot be reached"),
        (boto.SSLError(endpoint_url="https://x", error="x"), Kind.OTHER, "AWS cannot be reached"),
        (boto.ParamValidationError(report="x"), Kind.OTHER, "ParamValidationError"),
        (ResponseParserError("<html>"), Kind.UNANSWERED, "no answer of AWS"),
        (answered("ExpiredToken"), Kind.CREDENTIALS, "have expired"),
        (answered("RequestExpired"), Kind.CREDENTIALS, "have expired"),
        (answered("InvalidClientTokenId", status=403), Kind.UNKNOWN_CREDENTIALS, "does not know these credentials"),
        (answered("UnrecognizedClientException"), Kind.UNKNOWN_CREDENTIALS, "another partition"),
        (answered("SignatureDoesNotMatch"), Kind.CREDENTIALS, "clock is wrong"),
        (answered("OptInRequired", "sign up"), Kind.OTHER, "not signed up for this service or region: sign up"),
        (answered("Throttling"), Kind.OTHER, "asks to slow down"),
        (answered("AccessDenied", f"{ARN}s3:GetBucketPolicy on x"), Kind.DENIED, "may not call s3:GetBucketPolicy"),
        (answered("AccessDeniedException", f"{ARN}eks:ListClusters"), Kind.DENIED, "may not call eks:ListClusters"),
        (answered("UnauthorizedOperation", "You are not"), Kind.DENIED, "may not call DescribeVpcs"),
        (answered("InternalFailure", status=500), Kind.UNANSWERED, "DescribeVpcs answered InternalFailure"),
        (answered("404", "<!doctype html>", 404), Kind.UNANSWERED, "DescribeVpcs answered 404"),
        (
            answered("DBClusterNotFoundFault", "no such\ncluster."),
            Kind.OTHER,
            "DBClusterNotFoundFault: no such cluster",
        ),
    ],
)
def test_each_error_is_explained_in_one_line(error: Exception, kind: Kind, said: str) -> None:
    explained = explain(error)
    assert explained.kind is kind
    assert said in str(explained)
    assert "\n" not in str(explained)
    assert "{" not in str(explained)


def test_no_further_call_is_made_without_credentials() -> None:
    assert explain(boto.NoCredentialsError()).ends_the_run
    assert not explain(answered("AccessDenied")).ends_the_run


class TestConnect:
    @pytest.mark.parametrize(
        ("variable", "value", "said"),
        [
            ("AWS_PROFILE", "nobody", r"profile \(nobody\) could not be found"),
            ("AWS_CONFIG_FILE", __file__, "configuration cannot be used: Unable to parse"),
            ("AWS_SHARED_CREDENTIALS_FILE", __file__, "configuration cannot be used: Unable to parse"),
        ],
    )
    def test_says_what_is_wrong_with_the_configuration(
        self, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, said: str
    ) -> None:
        monkeypatch.setenv(variable, value)
        with pytest.raises(AwsError, match=said):
            connect(region="us-west-2", partition="aws")

    def test_finds_out_who_calls(self) -> None:
        with mock_aws():
            aws = connect(region="cn-north-1", partition="aws-cn")
        assert (aws.account, aws.partition) == ("123456789012", "aws-cn")
        assert aws.arn.startswith("arn:aws-cn:sts::")

    def test_says_that_credentials_are_of_the_other_partition(self, monkeypatch: pytest.MonkeyPatch) -> None:
        class Sts:
            def __init__(self, region: str) -> None:
                self._region = region

            def get_caller_identity(self) -> dict[str, str]:
                if self._region.startswith("cn-"):
                    raise answered("InvalidClientTokenId", status=403)
                return {"Account": "1", "Arn": "arn:aws:iam::1:user/me"}

        monkeypatch.setattr(boto3.Session, "client", lambda _self, _service, region_name, **_: Sts(region_name))
        with pytest.raises(AwsError, match=r"are of the partition aws \(arn:aws:iam::1:user/me\).* partition=aws,"):
            connect(region="cn-north-1", partition="aws-cn")

    def test_says_that_nobody_knows_the_credentials(self, monkeypatch: pytest.MonkeyPatch) -> None:
        class Sts:
            def get_caller_identity(self) -> None:
                raise answered("InvalidClientTokenId", status=403)

        monkeypatch.setattr(boto3.Session, "client", lambda *_args, **_kwargs: Sts())
        with pytest.raises(AwsError, match="AWS does not know these credentials"):
            connect(region="us-west-2", partition="aws")


def test_retries_are_botocores_own() -> None:
    config = make_aws().client("sts").meta.config
    assert config.retries == {"mode": "standard", "total_max_attempts": 3}


def test_an_endpoint_on_this_machine_is_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not make_aws().in_memory
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:5000")
    assert ops_aws.Aws(session=boto3.Session(), region="us-west-2").in_memory


def test_only_the_named_codes_mean_that_a_thing_is_absent() -> None:
    with mock_aws():
        aws = make_aws()
        iam = aws.client("iam")
        assert found(iam.get_role, "NoSuchEntity", RoleName="none") is None
        Answers(aws).refuse("iam", "GetRole", "AccessDenied", status=403)
        with pytest.raises(ClientError):
            found(iam.get_role, "NoSuchEntity", RoleName="none")
