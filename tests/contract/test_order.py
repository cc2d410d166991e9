"""What is made before what. Deletion goes the same way back, so every rule here is about both.

helm and kubectl swallow errors when they delete: what is left behind then is found on the bill. So the order has to be
right by construction, and is proved on the graph of all resources of all nested stacks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest

from settings.spark import team_namespace
from tests.support.deployment import Deployment
from tests.support.order import Order

Selector = Callable[[Deployment], set[str]]


def resources(type_: str, *paths: str) -> Selector:
    """Resources of a type, all or those with one of these in their paths."""
    return lambda deployment: {
        each.address for path in paths or ("",) for each in deployment.all(f"AWS::{type_}", path=path)
    }


def within(*paths: str) -> Selector:
    """Everything that a construct consists of."""
    return lambda deployment: {
        each.address for path in paths for each in deployment.resources.values() if path in f"{each.path}/"
    }


def release(name: str) -> Selector:
    """A Helm release, where it is switched on."""
    return lambda deployment: {each.address for each in deployment.releases.values() if each.name == name}


def kind(*kinds: str) -> Selector:
    """Objects of these kinds."""
    return lambda deployment: {each.address for each in deployment.objects if each.kind in kinds}


def named(kind: str, name: str) -> Selector:
    """The object of a kind with a name, where it is there."""
    return lambda deployment: {each.address for each in deployment.objects if (each.kind, each.name) == (kind, name)}


def inside(namespace: str, *kinds: str) -> Selector:
    """Objects and releases of a namespace, all or those of these kinds."""
    return lambda deployment: {
        each.address
        for each in deployment.installed
        if each.namespace == namespace and (not kinds or each.kind in kinds)
    }


def teams(deployment: Deployment) -> set[str]:
    """Namespaces of Spark's teams, and what is in them."""
    names = {team_namespace(name) for name in deployment.settings.spark.teams}
    return {each.address for each in deployment.objects if {each.name, each.namespace} & names}


def addon(*names: str) -> Selector:
    """EKS add-ons."""
    return lambda deployment: {
        each.address for each in deployment.all("AWS::EKS::Addon") if each.properties["AddonName"] in names
    }


def installed(deployment: Deployment) -> set[str]:
    """All that is in the cluster."""
    return {each.address for each in deployment.installed}


AIRFLOW = release("airflow")
SPARK = release("spark-operator")
NODE_GROUP = resources("EKS::Nodegroup")
NETWORKING = addon("vpc-cni", "kube-proxy", "eks-pod-identity-agent")
SNAPSHOT = within("/MigrationSnapshot/")
KUBECTL = within("/KubectlProvider/", "/KubectlLayer/", "/KubectlToApiServer/", "/ClusterAdminRoleAccess/")

# (what is made first and goes last, what needs it, why)
RULES: tuple[tuple[Selector, Selector, str], ...] = (
    # Nodes
    (resources("EC2::NatGateway"), NODE_GROUP, "a node joins through them"),
    (resources("EC2::Route", "/private"), NODE_GROUP, "a node joins through them"),
    (NETWORKING, NODE_GROUP, "a node without its network never becomes ready"),
    (NODE_GROUP, addon("coredns", "aws-ebs-csi-driver", "aws-efs-csi-driver"), "they run on nodes"),
    # An upgrade goes this way: control plane, network, managed nodes, what runs on them, Karpenter's nodes, Airflow
    (resources("EKS::Cluster"), resources("EKS::Addon"), "EKS takes no add-on that is newer than the control plane"),
    (resources("EKS::Cluster"), NODE_GROUP, "a kubelet is never newer than the control plane"),
    (NODE_GROUP, kind("EC2NodeClass"), "Karpenter's nodes get an image when the managed ones have it"),
    (resources("EKS::Addon"), kind("EC2NodeClass"), "a new node runs what the cluster is upgraded to"),
    (kind("EC2NodeClass", "NodePool"), SNAPSHOT, "it is taken when all but the migration is done"),
    # Way to the cluster
    (resources("EC2::Route", "/private"), KUBECTL, "the function reaches AWS through them"),
    (KUBECTL, installed, "without these nothing can be put into the cluster, or taken out of it"),
    (resources("EKS::Addon"), installed, "pods need network, names and volumes"),
    (NODE_GROUP, installed, "pods need nodes"),
    # Load balancers
    (within("/LoadBalancerControllerIdentity/"), release("aws-load-balancer-controller"), "it calls AWS"),
    (release("aws-load-balancer-controller"), AIRFLOW, "the Ingress has a finalizer that only the controller removes"),
    # Alarms: gone before what they watch, or each deployment would end with a storm of them.
    (AIRFLOW, within("/Alarms/"), "the load balancer that they watch comes with it"),
    (resources("RDS::DBCluster"), within("/Alarms/Alarms/"), "they watch it"),
    (resources("ElastiCache::ReplicationGroup"), within("/Alarms/Alarms/"), "they watch it"),
    (
        within("/Alarms/scheduler-heartbeat/", "/Alarms/no-healthy-target/", "/Alarms/database-unreachable/"),
        resources("CloudWatch::CompositeAlarm"),
        "its rule names them",
    ),
    (within("/AlarmMetricsIdentity/"), named("Deployment", "alarm-metrics"), "it calls AWS to its last moment"),
    # Karpenter
    (
        within("/KarpenterResources/"),
        release("karpenter"),
        "identity, queue and instance profile are in use to the end",
    ),
    (release("karpenter-crd"), release("karpenter"), "it reads its own kinds when it starts"),
    (release("karpenter"), kind("EC2NodeClass"), "the object has a finalizer that only the controller removes"),
    (kind("EC2NodeClass"), kind("NodePool"), "nodes are taken away by what the class says"),
    (kind("NodePool"), AIRFLOW, "Airflow's pods run on these nodes"),
    # Task pods
    (within("/TaskPodsIdentity/"), inside("task-pods"), "a pod calls AWS to its last moment"),
    (kind("NodePool"), named("Namespace", "task-pods"), "its pods, which go with it, run on these nodes"),
    (named("Namespace", "task-pods"), AIRFLOW, "who starts pods there goes first"),
    (inside("task-pods"), AIRFLOW, "it may start pods by these roles, within this quota"),
    (
        named("ValidatingAdmissionPolicyBinding", "task-pods-on-their-own-nodes"),
        AIRFLOW,
        "no pod comes before the rule",
    ),
    # Secrets
    (within("/ExternalSecretsIdentity/"), release("external-secrets"), "it calls AWS"),
    (release("external-secrets"), kind("SecretStore"), "its kinds come with it"),
    (inside("airflow", "SecretStore"), inside("airflow", "ExternalSecret"), "they are read through the store"),
    (inside("monitoring", "SecretStore"), inside("monitoring", "ExternalSecret"), "it is read through the store"),
    (kind("ExternalSecret"), AIRFLOW, "pods do not start without their Secrets"),
    (inside("airflow", "ExternalSecret"), inside("airflow", "Job"), "its pod does not start without its Secrets"),
    (resources("RDS::DBInstance"), SNAPSHOT, "it is taken of this"),
    (SNAPSHOT, inside("airflow", "Job"), "what the migration changes is in it as it was before"),
    (inside("airflow", "Job"), AIRFLOW, "servers wait for the migrations that it makes"),
    (kind("NodePool"), inside("airflow", "Job"), "its pod runs on these nodes"),
    (resources("SecretsManager::Secret"), kind("ExternalSecret"), "they are copies of these"),
    (resources("RDS::DBCluster"), kind("ExternalSecret"), "one has the login that Amazon RDS makes with the cluster"),
    # Add-ons
    (within("/ClusterAutoscalerIdentity/"), release("cluster-autoscaler"), "it calls AWS"),
    (addon("coredns"), release("cluster-proportional-autoscaler"), "it scales what is there"),
    (within("/OpencostIdentity/"), release("opencost"), "it calls AWS"),
    (addon("aws-ebs-csi-driver"), release("opencost"), "its claim goes with it, and the driver deletes the volume"),
    (resources("APS::Workspace"), release("kube-prometheus-stack"), "it writes to its last moment"),
    (within("/PrometheusIdentity/"), release("kube-prometheus-stack"), "it calls AWS to its last moment"),
    (release("prometheus-operator-crds"), release("kube-prometheus-stack"), "its operator reads these kinds"),
    (release("kube-prometheus-stack"), kind("PodMonitor"), "monitors go first"),
    (kind("NodePool"), release("kube-prometheus-stack"), "its servers run on these nodes"),
    (kind("StorageClass"), release("kube-prometheus-stack"), "its claims name the class"),
    (
        addon("aws-ebs-csi-driver"),
        named("Namespace", "monitoring"),
        "the namespace is gone when its claims are, and the driver deletes the volumes",
    ),
    (named("Namespace", "node-exporter"), release("kube-prometheus-stack"), "the node exporter is in it"),
    (named("Namespace", "monitoring"), release("kube-prometheus-stack"), "claims go after the release, with it"),
    (within("/GrafanaIdentity/"), release("grafana"), "it calls AWS to its last moment"),
    (release("kube-prometheus-stack"), release("grafana"), "it is in its namespace, and shows its metrics"),
    (named("ExternalSecret", "grafana-admin"), release("grafana"), "its pod does not start without its password"),
    (release("external-secrets"), named("ExternalSecret", "grafana-admin"), "only the operator removes its finalizer"),
    (kind("NodePool"), release("grafana"), "its pod runs on these nodes"),
    (named("ConfigMap", "grafana-board-dag-detail"), release("grafana"), "its pod mounts them"),
    (within("/FluentBitIdentity/"), release("fluent-bit"), "it calls AWS to its last moment"),
    (NODE_GROUP, addon("amazon-cloudwatch-observability"), "it runs on nodes"),
    # Volumes
    (addon("aws-efs-csi-driver"), kind("PersistentVolume", "PersistentVolumeClaim"), "the driver mounts and unmounts"),
    (kind("StorageClass"), release("opencost"), "its claim names the class"),
    (kind("StorageClass"), kind("PersistentVolume", "PersistentVolumeClaim"), "they name the class"),
    (kind("PersistentVolume"), kind("PersistentVolumeClaim"), "a claim is bound to its volume"),
    (kind("PersistentVolumeClaim"), AIRFLOW, "a claim stays while a pod uses it"),
    (resources("EFS::MountTarget"), kind("PersistentVolume"), "a pod mounts through them"),
    (resources("EFS::AccessPoint"), kind("PersistentVolume"), "a pod mounts through it"),
    # Scaling
    (release("keda"), AIRFLOW, "the ScaledObject has a finalizer that only KEDA removes"),
    # What Airflow uses while it runs
    (resources("RDS::DBInstance"), AIRFLOW, "its database"),
    (resources("ElastiCache::ReplicationGroup"), AIRFLOW, "its queue"),
    (resources("S3::Bucket"), AIRFLOW, "its logs"),
    (resources("S3::BucketPolicy"), AIRFLOW, "its logs"),
    (resources("CodeCommit::Repository"), AIRFLOW, "its DAGs"),
    (resources("EC2::SecurityGroupIngress"), AIRFLOW, "the ways to database, queue and file system"),
    (within("/Airflow/Identity-"), AIRFLOW, "its pods call AWS to their last moment"),
    (inside("airflow", "ConfigMap"), AIRFLOW, "the sidecar's program"),
    # Spark
    (teams, SPARK, "the operator makes its roles in them; what is in them needs no operator to go"),
    (within("/Spark/Team-"), SPARK, "jobs call AWS to their last moment"),
    (resources("S3::Bucket", "/SparkBucket/"), teams, "jobs write to it to their last moment"),
    (resources("S3::BucketPolicy", "/SparkBucket/"), teams, "jobs write to it to their last moment"),
    (
        within("/SparkBucket/Bucket/AutoDeleteObjectsCustomResource/"),
        teams,
        "it is emptied when nobody writes to it",
    ),
    (kind("NodePool"), teams, "drivers and executors run on these nodes"),
    (release("karpenter"), SPARK, "its pods may need a node"),
    # Logs: made before whoever writes, so that AWS makes none by itself
    (resources("Logs::LogGroup", "/ControlPlaneLogs/"), resources("EKS::Cluster"), "EKS would make it"),
    (resources("Logs::LogGroup", "/Database/"), resources("RDS::DBCluster"), "RDS would make it"),
    (resources("Logs::LogGroup", "/Broker/"), resources("ElastiCache::ReplicationGroup"), "it is written to"),
    (resources("Logs::LogGroup", "/Controllers/aws-containerinsights-"), release("fluent-bit"), "it is written to"),
    (
        resources("Logs::LogGroup", "/Cluster/Addons/aws-containerinsights-"),
        addon("amazon-cloudwatch-observability"),
        "the agent would make it",
    ),
    (release("fluent-bit"), AIRFLOW, "what Airflow says to its last moment is worth reading"),
    (resources("Logs::LogGroup", "/FlowLogs/"), resources("EC2::FlowLog"), "it is written to"),
)

EVERY_RULE = pytest.mark.parametrize(("first", "then", "why"), [pytest.param(*rule, id=rule[2]) for rule in RULES])


def missing(order: Order, first: Iterable[str], then: Iterable[str]) -> list[str]:
    return [f"{later} does not wait for {earlier}" for later in then for earlier in set(first) - order.before(later)]


def test_no_resource_waits_for_itself(deployment: Deployment) -> None:
    assert len(deployment.order.sorted()) >= len(deployment.resources)


@EVERY_RULE
def test_order(deployment: Deployment, first: Selector, then: Selector, why: str) -> None:
    assert not missing(deployment.order, first(deployment), then(deployment)), why


@EVERY_RULE
def test_a_rule_is_about_something(dev: Deployment, first: Selector, then: Selector, why: str) -> None:
    assert first(dev), why
    assert then(dev), why


def test_what_is_in_a_namespace_goes_before_it(deployment: Deployment) -> None:
    namespaces = {each.name: each.address for each in deployment.objects if each.kind == "Namespace"}
    inside = [each for each in deployment.installed if each.namespace in namespaces]
    # The node exporter's is filled by a release that is in another: its order is above.
    assert {each.namespace for each in inside} == set(namespaces) - {"node-exporter"}
    for each in inside:
        assert namespaces[each.namespace] in deployment.order.before(each.address), str(each)


def test_state_and_cluster_are_made_side_by_side(aws: Deployment) -> None:
    assert not {"State", "State begins"} & aws.order.before("Cluster")
    assert not {"Cluster", "Cluster begins"} & aws.order.before("State")


def test_a_stack_begins_after_those_it_waits_for() -> None:
    def stack(name: str, **body: object) -> dict[str, object]:
        path = {"aws:cdk:path": f"app/{name}.NestedStack/{name}.NestedStackResource"}
        return {"Type": "AWS::CloudFormation::Stack", "Metadata": path, **body}

    thing = {"Resources": {"Thing": {"Type": "AWS::SNS::Topic"}}, "Outputs": {"Name": {"Value": {"Ref": "Thing"}}}}
    passed = {"Parameters": {"Given": {"Fn::GetAtt": ["A", "Outputs.Name"]}}}
    order = Order(
        {
            "Root": {
                "Resources": {
                    "A": stack("A"),
                    "B": stack("B", Properties=passed),
                    "C": stack("C", DependsOn=["B"]),
                    "D": stack("D"),
                }
            },
            "A": thing,
            "B": thing,
            "C": thing,
            "D": thing,
        }
    )
    assert {"A.Thing", "B.Thing"} <= order.before("C.Thing")
    assert "A.Thing" in order.before("B.Thing")
    assert not {"A.Thing", "B.Thing", "C.Thing"} & order.before("D.Thing")
