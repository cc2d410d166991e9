"""Certificates of AWS Certificate Manager."""

from __future__ import annotations

from ops.sandbox.resource_types.base import Deletion, Physical, Request, ResourceType
from ops.sandbox.resource_types.tagging import tags


class Certificate(ResourceType):
    """Issued at once: nobody looks for the record that proves who has the name."""

    name = "AWS::CertificateManager::Certificate"
    in_place = (tags("acm", "{ref}"),)

    def create(self, request: Request) -> Physical:
        properties = request.properties
        # AWS makes the record in the zone that is named, or waits for a person to make it.
        for option in properties["DomainValidationOptions"]:
            request.aws.call("route53", "get_hosted_zone", Id=option["HostedZoneId"])
        arn = request.call("acm", "request_certificate", "DomainName", "Tags", "ValidationMethod")["CertificateArn"]
        return Physical(ref=arn)

    def delete(self, deletion: Deletion) -> None:
        deletion.call("acm", "delete_certificate", CertificateArn=deletion.ref)
