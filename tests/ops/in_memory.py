"""An account in memory, and a platform deployed into it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from tests.ops.answers import Answers, make_aws
from tests.ops.fake_airflow import PASSWORD, USER

REGION, NAME, BUCKET = "us-west-2", "airflow", "airflow-logs-0123456789"
ADDONS = ("vpc-cni", "coredns")


@dataclass(frozen=True)
class Deployed:
    """Ids of what was deployed."""

    resources: tuple[tuple[str, str], ...]
    """Type and physical id."""
    outputs: dict[str, str]

    def describe(self, answers: Answers) -> None:
        """Have CloudFormation and EKS say what the in-memory AWS cannot."""
        stack = f"arn:aws:cloudformation:{REGION}:123456789012:stack/{NAME}/root"
        nested = f"arn:aws:cloudformation:{REGION}:123456789012:stack/{NAME}-State/nested"
        within = {
            stack: [("AWS::CloudFormation::Stack", nested)],
            nested: list(self.resources),
        }
        description = {
            "StackId": stack,
            "StackName": NAME,
            "StackStatus": "CREATE_COMPLETE",
            "Description": "Apache Airflow on Amazon EKS, size medium",
            "EnableTerminationProtection": True,
            "Outputs": [{"OutputKey": key, "OutputValue": value} for key, value in self.outputs.items()],
        }
        answers.give("cloudformation", "DescribeStacks", {"Stacks": [description]})
        answers.give(
            "cloudformation",
            "ListStackResources",
            lambda asked: {"StackResourceSummaries": [_summary(*each) for each in within[asked["StackName"]]]},
        )
        answers.give("cloudformation", "GetTemplate", {"TemplateBody": TEMPLATE})
        # moto makes no nodes of a replication group.
        answers.give("elasticache", "DescribeCacheClusters", {"CacheClusters": [{"EngineVersion": "7.1.0"}]})
        answers.give("eks", "DescribeAddon", lambda asked: {"addon": addon(asked["addonName"])})
        answers.give("eks", "ListPodIdentityAssociations", {"associations": [IDENTITY]})
        answers.edit("codecommit", "GetRepository", lambda parsed: _repository(parsed).update(defaultBranch="main"))
        answers.give("codecommit", "GetBranch", {"branch": {"branchName": "main", "commitId": "0123456789abcdef"}})
        answers.give("codecommit", "GetFolder", {"files": [{"absolutePath": "hello_world_scheduled_dag.py"}]})


IDENTITY = {
    "clusterName": NAME,
    "namespace": "airflow",
    "serviceAccount": "airflow-worker",
    "associationId": "a-0123456789",
    "associationArn": f"arn:aws:eks:{REGION}:123456789012:podidentityassociation/{NAME}/a-0123456789",
}
# As the CDK writes it: text around references.
TEMPLATE = {
    "Resources": {
        "Release": {
            "Type": "Custom::AWSCDK-EKS-HelmChart",
            "Properties": {
                "Release": "airflow",
                "Version": "1.22.0",
                "Values": {"Fn::Join": ["", ['{"airflowVersion":"3.3.2","host":"', {"Ref": "Host"}, '"}']]},
            },
        },
        "Other": {"Type": "AWS::SQS::Queue"},
    }
}


def addon(name: str) -> dict[str, Any]:
    """A healthy add-on."""
    return {"addonName": name, "addonVersion": "v1.2.3-eksbuild.1", "status": "ACTIVE", "health": {"issues": []}}


def deploy() -> Deployed:
    """Make, by the services' own calls, what the platform's stacks make."""
    vpc, subnets = _network()
    aurora, redis = _database(subnets), _queue()
    file_system, efs = _file_system(subnets)
    _cluster(subnets)
    _load_balancer(vpc, subnets)
    _bucket()
    _client("codecommit").create_repository(repositoryName=f"{NAME}-dags")
    key = _client("kms").create_key()["KeyMetadata"]["KeyId"]
    admin = json.dumps({"username": USER, "password": PASSWORD})
    secret = _client("secretsmanager").create_secret(Name="Admin", SecretString=admin)["ARN"]
    return Deployed(
        resources=(
            ("AWS::KMS::Key", key),
            *aurora,
            ("AWS::ElastiCache::ReplicationGroup", redis),
            ("AWS::EFS::FileSystem", file_system),
            *efs,
            ("AWS::EKS::Cluster", NAME),
            ("AWS::EKS::Nodegroup", f"{NAME}/system"),
            *(("AWS::EKS::Addon", f"{NAME}|{name}") for name in ADDONS),
            ("AWS::EKS::PodIdentityAssociation", IDENTITY["associationArn"]),
            ("AWS::S3::Bucket", BUCKET),
        ),
        outputs={
            "ClusterName": NAME,
            "KubeconfigCommand": f"aws eks update-kubeconfig --region {REGION} --name {NAME}",
            "DagRepositoryUrl": f"https://git-codecommit.{REGION}.amazonaws.com/v1/repos/{NAME}-dags",
            "AdminSecretArn": secret,
            "LogBucketName": BUCKET,
            "DatabaseEndpoint": "airflow.cluster-0123456789.us-west-2.rds.amazonaws.com",
        },
    )


def _client(service: str) -> Any:
    return make_aws(REGION).client(service)


def _network() -> tuple[str, list[str]]:
    ec2 = _client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    return vpc, [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{index}.0/24", AvailabilityZone=f"{REGION}{zone}")["Subnet"][
            "SubnetId"
        ]
        for index, zone in enumerate("abc")
    ]


def _database(subnets: list[str]) -> list[tuple[str, str]]:
    rds = _client("rds")
    rds.create_db_subnet_group(DBSubnetGroupName="data", DBSubnetGroupDescription="data", SubnetIds=subnets)
    rds.create_db_cluster_parameter_group(
        DBClusterParameterGroupName="parameters", DBParameterGroupFamily="aurora-postgresql16", Description="TLS"
    )
    tls = {"ParameterName": "rds.force_ssl", "ParameterValue": "1", "ApplyMethod": "pending-reboot"}
    rds.modify_db_cluster_parameter_group(DBClusterParameterGroupName="parameters", Parameters=[tls])
    rds.create_db_cluster(
        DBClusterIdentifier="airflow-db",
        Engine="aurora-postgresql",
        EngineVersion="16.13",
        MasterUsername="airflow",
        MasterUserPassword="not-a-password",
        StorageEncrypted=True,
        DBClusterParameterGroupName="parameters",
    )
    instances = ["writer", "reader"]
    for name in instances:
        rds.create_db_instance(
            DBInstanceIdentifier=name,
            DBInstanceClass="db.r7g.large",
            Engine="aurora-postgresql",
            DBClusterIdentifier="airflow-db",
        )
    return [("AWS::RDS::DBCluster", "airflow-db"), *(("AWS::RDS::DBInstance", name) for name in instances)]


def _queue() -> str:
    _client("elasticache").create_replication_group(
        ReplicationGroupId="queue",
        ReplicationGroupDescription="Celery's queue",
        Engine="valkey",
        CacheNodeType="cache.m7g.large",
        NumCacheClusters=2,
        AutomaticFailoverEnabled=True,
        MultiAZEnabled=True,
        TransitEncryptionEnabled=True,
        AtRestEncryptionEnabled=True,
        AuthToken="not-a-password-either",
    )
    return "queue"


def _file_system(subnets: list[str]) -> tuple[str, list[tuple[str, str]]]:
    efs = _client("efs")
    id_ = efs.create_file_system(Encrypted=True)["FileSystemId"]
    targets = [efs.create_mount_target(FileSystemId=id_, SubnetId=subnet)["MountTargetId"] for subnet in subnets]
    point = efs.create_access_point(FileSystemId=id_, ClientToken="dags")["AccessPointId"]
    return id_, [*(("AWS::EFS::MountTarget", target) for target in targets), ("AWS::EFS::AccessPoint", point)]


def _cluster(subnets: list[str]) -> None:
    eks = _client("eks")
    role = _client("iam").create_role(RoleName="eks", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    eks.create_cluster(
        name=NAME,
        version="1.36",
        roleArn=role,
        resourcesVpcConfig={"subnetIds": subnets, "endpointPrivateAccess": True, "endpointPublicAccess": False},
        encryptionConfig=[{"resources": ["secrets"], "provider": {"keyArn": "arn:aws:kms:us-west-2:1:key/1"}}],
    )
    eks.create_nodegroup(
        clusterName=NAME,
        nodegroupName="system",
        subnets=subnets,
        nodeRole=role,
        amiType="AL2023_ARM_64_STANDARD",
        instanceTypes=["m7g.xlarge"],
        scalingConfig={"minSize": 3, "maxSize": 6, "desiredSize": 3},
    )


def _load_balancer(vpc: str, subnets: list[str]) -> None:
    elb = _client("elbv2")
    tags = {"elbv2.k8s.aws/cluster": NAME, "ingress.k8s.aws/stack": "airflow/airflow-ingress"}
    arn = elb.create_load_balancer(
        Name="k8s-airflow",
        Subnets=subnets,
        Scheme="internal",
        Type="application",
        Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
    )["LoadBalancers"][0]["LoadBalancerArn"]
    group = elb.create_target_group(Name="airflow", Protocol="HTTP", Port=8080, VpcId=vpc, TargetType="ip")
    group_arn = group["TargetGroups"][0]["TargetGroupArn"]
    forward = [{"Type": "forward", "TargetGroupArn": group_arn}]
    elb.create_listener(LoadBalancerArn=arn, Protocol="HTTP", Port=80, DefaultActions=forward)
    elb.register_targets(TargetGroupArn=group_arn, Targets=[{"Id": "10.0.0.5"}, {"Id": "10.0.1.5"}])


def _bucket() -> None:
    s3 = _client("s3")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    every = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    s3.put_public_access_block(Bucket=BUCKET, PublicAccessBlockConfiguration=dict.fromkeys(every, True))
    encryption = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}
    s3.put_bucket_encryption(Bucket=BUCKET, ServerSideEncryptionConfiguration={"Rules": [encryption]})
    s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps({"Version": "2012-10-17", "Statement": [DENY_HTTP]}))


DENY_HTTP = {
    "Effect": "Deny",
    "Principal": {"AWS": "*"},
    "Action": "s3:*",
    "Resource": [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"],
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}


def _summary(type_: str, physical_id: str) -> dict[str, str]:
    return {
        "ResourceType": type_,
        "LogicalResourceId": type_.rpartition(":")[2],
        "PhysicalResourceId": physical_id,
        "ResourceStatus": "CREATE_COMPLETE",
    }


def _repository(parsed: dict[str, Any]) -> dict[str, Any]:
    metadata: dict[str, Any] = parsed["repositoryMetadata"]
    return metadata
