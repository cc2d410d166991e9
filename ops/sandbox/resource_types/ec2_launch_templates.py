"""Launch templates."""

from __future__ import annotations

from dataclasses import replace

from ops.sandbox.resource_types.base import Change, Deletion, InPlace, Physical, Request, ResourceType


def _new_version(request: Request, change: Change) -> Physical:
    """A launch template is never other than it was: it has a new version, and whoever asks for the latest sees it.

    As in CloudFormation the default version stays the first one.
    """
    version = request.call(
        "ec2", "create_launch_template_version", "LaunchTemplateData", LaunchTemplateId=change.physical.ref
    )["LaunchTemplateVersion"]["VersionNumber"]
    return replace(change.physical, attributes={**change.physical.attributes, "LatestVersionNumber": str(version)})


class LaunchTemplate(ResourceType):
    name = "AWS::EC2::LaunchTemplate"
    in_place = (InPlace(properties=frozenset({"LaunchTemplateData"}), apply=_new_version),)

    def create(self, request: Request) -> Physical:
        template_name = request.properties.get("LaunchTemplateName") or request.name(limit=125)
        template = request.call(
            "ec2", "create_launch_template", "LaunchTemplateData", LaunchTemplateName=template_name
        )["LaunchTemplate"]
        id_ = template["LaunchTemplateId"]
        return Physical(
            ref=id_,
            attributes={
                "LaunchTemplateId": id_,
                "DefaultVersionNumber": str(template["DefaultVersionNumber"]),
                "LatestVersionNumber": str(template["LatestVersionNumber"]),
            },
        )

    def delete(self, deletion: Deletion) -> None:
        deletion.call("ec2", "delete_launch_template", LaunchTemplateId=deletion.ref)
