"""What a single setting may be, at the edge of what is allowed."""

import pytest

from settings import load_settings

ZONES = ("us-west-2a", "us-west-2b", "us-west-2c")
EXISTING_VPC = {
    "id": "vpc-0123456789abcdef0",
    "cidr": "172.16.0.0/12",
    "private_subnet_ids": ["subnet-0a000001", "subnet-0a000002", "subnet-0a000003"],
    "isolated_subnet_ids": ["subnet-0b000001", "subnet-0b000002", "subnet-0b000003"],
}


class TestValues:
    @pytest.mark.parametrize(
        "instance_type",
        [
            "m7g.large",
            "m8g.metal-24xl",
            "r8gd.xlarge",
            "r8gb.48xlarge",
            "c7gn.16xlarge",
            "c6gd.xlarge",
            "c7g.metal",
            "t4g.large",
            "im4gn.4xlarge",
            "is4gen.2xlarge",
            "i8ge.large",
            "x2gd.metal",
            "hpc7g.16xlarge",
            "g5g.xlarge",
        ],
    )
    def test_graviton_is_taken(self, instance_type: str):
        settings = load_settings({"cluster.nodes.instance_type": instance_type})
        assert settings.cluster.nodes.instance_type == instance_type

    @pytest.mark.parametrize(
        "instance_type",
        [
            "g5.xlarge",
            "g4dn.xlarge",
            "gr6.4xlarge",
            "p4d.24xlarge",
            "m7i.large",
            "m7i-flex.large",
            "m7a.large",
            "c5n.large",
            "t3.medium",
            "mac2.metal",
            "trn1.32xlarge",
            "m7g",
            "m7g.",
            "m7g.2large",
            "m7g.huge",
            "m7g.large ",
            "M7G.large",
            "",
        ],
    )
    def test_anything_else_is_refused(self, instance_type: str):
        with pytest.raises(ValueError, match="not a Graviton"):
            load_settings({"cluster.nodes.instance_type": instance_type})

    def test_a_prefix_of_the_service_is_taken_off(self):
        settings = load_settings({"database.instance_type": "db.r7g.large", "broker.node_type": "cache.m7g.large"})
        assert (settings.database.instance_type, settings.broker.node_type) == ("r7g.large", "m7g.large")

    @pytest.mark.parametrize(
        ("typed", "meant"), [("10.0.0.0/255.255.0.0", "10.0.0.0/16"), ("172.31.0.0/22", "172.31.0.0/22")]
    )
    def test_cidr(self, typed: str, meant: str):
        assert load_settings({"network.cidr": typed}).network.cidr == meant

    def test_an_existing_vpc_may_be_of_any_size_and_needs_no_public_subnets_inside(self):
        block = {"network": {"existing_vpc": EXISTING_VPC, "availability_zones": list(ZONES)}}
        vpc = load_settings({"settings": block}).network.existing_vpc
        assert vpc is not None
        assert vpc.public_subnet_ids == ()
        assert vpc.private_subnet_ids == tuple(EXISTING_VPC["private_subnet_ids"])
