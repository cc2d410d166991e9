"""What moto lacks of EKS: see moto_cases.py."""

from __future__ import annotations

from tests.sandbox.moto_things import Clients, new_cluster, refuses


def cluster_has_a_security_group(clients: Clients) -> bool:
    return "clusterSecurityGroupId" in new_cluster(clients)["resourcesVpcConfig"]


def cluster_says_amazonaws_com_cn(clients: Clients) -> bool:
    return "amazonaws.com.cn" in new_cluster(clients)["endpoint"]


def cluster_writes_a_log_group(clients: Clients) -> bool:
    name = new_cluster(clients)["name"]
    return bool(clients("logs").describe_log_groups(logGroupNamePrefix=f"/aws/eks/{name}/")["logGroups"])


def cluster_has_addons(clients: Clients) -> bool:
    eks, cluster = clients("eks"), new_cluster(clients)["name"]
    eks.create_addon(clusterName=cluster, addonName="coredns")
    addon = eks.describe_addon(clusterName=cluster, addonName="coredns")["addon"]
    eks.delete_addon(clusterName=cluster, addonName="coredns")
    return addon["status"] == "ACTIVE" and eks.list_addons(clusterName=cluster)["addons"] == []


def cluster_addons_take_identities_that_each_of_their_versions_knows(clients: Clients) -> bool:
    eks, cluster, name = clients("eks"), new_cluster(clients)["name"], "aws-efs-csi-driver"
    controller, node = ({"serviceAccount": f"efs-csi-{each}-sa", "roleArn": "arn:x"} for each in ("controller", "node"))
    refused = refuses(eks.create_addon, clusterName=cluster, addonName=name, podIdentityAssociations=[controller, node])
    eks.create_addon(clusterName=cluster, addonName=name, podIdentityAssociations=[controller])
    eks.delete_addon(clusterName=cluster, addonName=name)
    return refused and eks.list_pod_identity_associations(clusterName=cluster)["associations"] == []


def cluster_has_access_entries(clients: Clients) -> bool:
    eks, cluster, role = clients("eks"), new_cluster(clients)["name"], "arn:aws-cn:iam::123456789012:role/a/b"
    eks.create_access_entry(clusterName=cluster, principalArn=role)
    eks.associate_access_policy(
        clusterName=cluster, principalArn=role, policyArn="arn:aws-cn:eks::aws:x", accessScope={"type": "cluster"}
    )
    policies = eks.list_associated_access_policies(clusterName=cluster, principalArn=role)["associatedAccessPolicies"]
    eks.delete_access_entry(clusterName=cluster, principalArn=role)
    return len(policies) == 1 and eks.list_access_entries(clusterName=cluster)["accessEntries"] == []


def cluster_has_pod_identities(clients: Clients) -> bool:
    eks, cluster = clients("eks"), new_cluster(clients)["name"]
    place = {"clusterName": cluster, "namespace": "n", "serviceAccount": "s"}
    id_ = eks.create_pod_identity_association(**place, roleArn="arn:x")["association"]["associationId"]
    twice = refuses(eks.create_pod_identity_association, **place, roleArn="arn:y")
    eks.delete_pod_identity_association(clusterName=cluster, associationId=id_)
    return twice and eks.list_pod_identity_associations(clusterName=cluster)["associations"] == []


def node_group_has_the_clusters_version(clients: Clients) -> bool:
    cluster = new_cluster(clients)
    group = clients("eks").create_nodegroup(
        clusterName=cluster["name"],
        nodegroupName="x",
        subnets=cluster["resourcesVpcConfig"]["subnetIds"],
        nodeRole="arn:aws-cn:iam::123456789012:role/x",
    )["nodegroup"]
    return bool(group["version"] == "1.36")


def node_group_follows_the_cluster_when_it_is_told(clients: Clients) -> bool:
    eks, cluster = clients("eks"), new_cluster(clients, version="1.35")
    group = {"clusterName": cluster["name"], "nodegroupName": "x"}
    made = {
        **group,
        "subnets": cluster["resourcesVpcConfig"]["subnetIds"],
        "nodeRole": "arn:aws-cn:iam::123456789012:role/x",
    }
    other = refuses(eks.create_nodegroup, **made, version="1.36")
    eks.create_nodegroup(**made)
    ahead = refuses(eks.update_nodegroup_version, **group, version="1.36")
    eks.update_cluster_version(name=cluster["name"], version="1.36")
    stayed = eks.describe_nodegroup(**group)["nodegroup"]["version"] == "1.35"
    eks.update_nodegroup_version(**group, version="1.36")
    return other and ahead and stayed and eks.describe_nodegroup(**group)["nodegroup"]["version"] == "1.36"


def cluster_addons_change(clients: Clients) -> bool:
    eks, cluster, name = clients("eks"), new_cluster(clients)["name"], "coredns"
    eks.create_addon(clusterName=cluster, addonName=name)
    eks.update_addon(clusterName=cluster, addonName=name, configurationValues='{"replicaCount": 3}')
    addon = eks.describe_addon(clusterName=cluster, addonName=name)["addon"]
    eks.delete_addon(clusterName=cluster, addonName=name)
    return bool(addon["configurationValues"] == '{"replicaCount": 3}')


def cluster_pod_identities_change(clients: Clients) -> bool:
    eks, cluster = clients("eks"), new_cluster(clients)["name"]
    made = eks.create_pod_identity_association(
        clusterName=cluster, namespace="n", serviceAccount="s", roleArn="arn:aws-cn:iam::123456789012:role/x"
    )["association"]["associationId"]
    role = "arn:aws-cn:iam::123456789012:role/y"
    eks.update_pod_identity_association(clusterName=cluster, associationId=made, roleArn=role)
    found = eks.describe_pod_identity_association(clusterName=cluster, associationId=made)["association"]
    eks.delete_pod_identity_association(clusterName=cluster, associationId=made)
    return bool(found["roleArn"] == role)


def cluster_keeps_what_a_change_of_its_access_does_not_name(clients: Clients) -> bool:
    eks, cluster = clients("eks"), new_cluster(clients)
    eks.update_cluster_config(name=cluster["name"], resourcesVpcConfig={"endpointPrivateAccess": True})
    found = eks.describe_cluster(name=cluster["name"])["cluster"]["resourcesVpcConfig"]
    kept = found.get("subnetIds") == cluster["resourcesVpcConfig"]["subnetIds"]
    return bool(kept and found["endpointPrivateAccess"])


CASES = [
    cluster_addons_change,
    cluster_addons_take_identities_that_each_of_their_versions_knows,
    cluster_has_a_security_group,
    cluster_has_access_entries,
    cluster_has_addons,
    cluster_has_pod_identities,
    cluster_keeps_what_a_change_of_its_access_does_not_name,
    cluster_pod_identities_change,
    cluster_says_amazonaws_com_cn,
    cluster_writes_a_log_group,
    node_group_follows_the_cluster_when_it_is_told,
    node_group_has_the_clusters_version,
]
