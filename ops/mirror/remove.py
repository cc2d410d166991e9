"""``ops mirror --remove``: the repositories that the command made, with all that is in them."""

from __future__ import annotations

import json

import typer

from ops.aws import Aws
from ops.mirror.repositories import Repositories
from ops.stack import named_templates, read_stack
from settings.tags import DEPLOYMENT_TAG


def remove(aws: Aws, prefix: str, *, ask: bool) -> None:
    """Delete them, after a question. Raises botocore's errors."""
    repositories = Repositories(aws)
    own = list(repositories.own(prefix))
    if not own:
        print(f"there are no repositories {prefix}/… of this command in {aws.region} of account {aws.account}")
        return
    users = using(aws, prefix)
    print(f"{len(own)} repositories {prefix}/… in {aws.region} of account {aws.account}, with all that is in them")
    if users:
        print(
            f"In use: {', '.join(users)}. Without them no pod of it starts on a new node, and it cannot be updated. "
            "Destroy it first: cdk destroy"
        )
    if ask and not typer.confirm("Delete them?"):
        print("nothing was deleted")
        raise typer.Exit(1)
    for repository in own:
        repositories.remove(repository)
        print(f"deleted {repository.name}")


def using(aws: Aws, prefix: str) -> list[str]:
    """Names of the deployments in the region whose templates name repositories below the prefix."""
    host = f".dkr.ecr.{aws.region}."
    stacks = aws.pages("cloudformation", "describe_stacks", "Stacks")
    names = [
        stack["StackName"]
        for stack in stacks
        if "ParentId" not in stack and any(tag["Key"] == DEPLOYMENT_TAG for tag in stack.get("Tags", ()))
    ]
    found = []
    for name in names:
        texts = (json.dumps(template) for _, template in named_templates(aws, read_stack(aws, name)))
        if any(host in text and f"/{prefix}/" in text for text in texts):
            found.append(name)
    return found
