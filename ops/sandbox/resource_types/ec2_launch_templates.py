"""Launch templates."""

from __future__ import annotations

from ops.sandbox.resource_types.base import Deletion, Physical, Request, ResourceType


class LaunchTemplate(ResourceType):
    name = "AWS::EC2::LaunchTemplate"

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
