"""The bucket of the task logs: private, TLS only, emptied by time."""

from __future__ import annotations

import pytest

from tests.support.deployment import Deployment

BUCKET, PATH = "AWS::S3::Bucket", "/LogBucket/"


def test_it_is_private(deployment: Deployment) -> None:
    bucket = deployment.one(BUCKET, path=PATH).properties
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(bucket["PublicAccessBlockConfiguration"]) == 4
    assert bucket["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}


def test_it_is_encrypted_with_the_deployments_key(deployment: Deployment) -> None:
    [rule] = deployment.one(BUCKET, path=PATH).properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"] == {
        "SSEAlgorithm": "aws:kms",
        "KMSMasterKeyID": deployment.one("AWS::KMS::Key").att("Arn"),
    }
    # Without, each log file is a call to KMS.
    assert rule["BucketKeyEnabled"] is True


def test_tls_or_nothing(deployment: Deployment) -> None:
    policy = deployment.one("AWS::S3::BucketPolicy", path=PATH).properties
    bucket = deployment.one(BUCKET, path=PATH)
    assert policy["Bucket"] == bucket.ref
    conditions = [
        each["Condition"]
        for each in policy["PolicyDocument"]["Statement"]
        if each["Effect"] == "Deny" and set(each["Resource"]) == {bucket.att("Arn"), f"{bucket.att('Arn')}/*"}
    ]
    assert {"Bool": {"aws:SecureTransport": "false"}} in conditions
    assert {"NumericLessThan": {"s3:TlsVersion": 1.2}} in conditions


def test_logs_expire(deployment: Deployment) -> None:
    [rule] = deployment.one(BUCKET, path=PATH).properties["LifecycleConfiguration"]["Rules"]
    assert rule["Status"] == "Enabled"
    assert rule["ExpirationInDays"] == deployment.settings.logs.task_log_expiration_days
    assert rule["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}


@pytest.mark.parametrize(
    ("name", "removal", "emptied"),
    [("dev", "Delete", True), ("aws", "Retain", False), ("internet", "Retain", False), ("own_vpc", "Delete", True)],
)
def test_what_is_left_of_it(request: pytest.FixtureRequest, name: str, removal: str, emptied: bool) -> None:
    deployment: Deployment = request.getfixturevalue(name)
    bucket = deployment.one(BUCKET, path=PATH)
    assert bucket.removal == (removal.replace("Retain", "RetainExceptOnCreate"), removal)
    # A bucket that is not empty is not deleted.
    emptying = deployment.all("Custom::S3AutoDeleteObjects", path=PATH)
    assert [each.properties["BucketName"] for each in emptying] == ([bucket.ref] if emptied else [])
