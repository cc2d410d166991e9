"""Names: what carries the deployment's name already, and would be in its way."""

from __future__ import annotations

from ops.aws import found
from ops.checks import Finding, Findings, failure, ok, warning
from ops.preflight.subject import Preflight

# A stack in one of these states takes no deployment; what to do instead.
_STUCK = {
    "DELETE_FAILED": "Finish the deletion first: `cdk destroy` again, after a look at why it failed.",
    "UPDATE_ROLLBACK_FAILED": "Finish the roll-back first: `cdk rollback`, or continue-update-rollback in the console.",
    "ROLLBACK_FAILED": "Delete it first: `cdk destroy`.",
}


def stack(subject: Preflight) -> Findings:
    """The stack of this name."""
    name, there = subject.settings.name, subject.stack
    check = f"stack {name}"
    if there is None:
        yield ok(check, "does not exist yet")
    elif there.status.endswith("_IN_PROGRESS") and there.status != "REVIEW_IN_PROGRESS":
        yield failure(check, f"is {there.status}", "Wait until it is done.")
    elif there.status in _STUCK:
        yield failure(check, f"is {there.status}: {there.status_reason or 'no reason given'}", _STUCK[there.status])
    elif there.status == "ROLLBACK_COMPLETE" and there.termination_protection:
        advice = (
            "`cdk deploy` deletes what is left of the failed attempt, which is protected. Run: aws cloudformation "
            f"update-termination-protection --no-enable-termination-protection --stack-name {name} "
            f"--region {subject.aws.region}"
        )
        yield failure(check, "is ROLLBACK_COMPLETE and protected against deletion", advice)
    elif there.status in ("ROLLBACK_COMPLETE", "CREATE_FAILED"):
        yield warning(
            check, f"is {there.status} from an attempt that failed", "`cdk deploy` starts or goes on from there."
        )
    else:
        yield ok(check, f"is {there.status}: this would be an update")


def taken(subject: Preflight) -> Findings:
    """What has a fixed name, and is there although no stack has made it."""
    name = subject.settings.name
    group = f"/aws/eks/{name}/cluster"
    aws = subject.aws
    eks = aws.client("eks")
    yield from _log_group(subject, group)
    yield _free(
        subject,
        f"cluster {name}",
        there=found(eks.describe_cluster, "ResourceNotFoundException", name=name) is not None,
        type_="AWS::EKS::Cluster",
        id_=name,
        advice="Choose another name: --context name=…",
    )


def _log_group(subject: Preflight, name: str) -> Findings:
    """The group of the control plane's logs. One that AWS made by itself, to put last words in, is in no way."""
    groups = subject.aws.pages("logs", "describe_log_groups", "logGroups", logGroupNamePrefix=name)
    there = next((each for each in groups if each["logGroupName"] == name), None)
    check, delete = (
        f"log group {name}",
        f"aws logs delete-log-group --log-group-name {name} --region {subject.aws.region}",
    )
    if there is None or (subject.stack is not None and name in subject.stack.of_type("AWS::Logs::LogGroup")):
        yield _free(subject, check, there=there is not None, type_="AWS::Logs::LogGroup", id_=name, advice="")
    elif {"retentionInDays", "kmsKeyId"} & there.keys():
        yield failure(check, "exists already, and no stack of this name owns it", f"Delete it: {delete}")
    else:
        yield warning(
            check,
            "was made by AWS itself, for an earlier cluster of this name",
            "`cdk deploy` takes it away if it holds one hour's logs at the most. Otherwise save them first, then: "
            f"{delete}",
        )


def dag_repository(subject: Preflight) -> Findings:
    """The repository that the settings name: it must be there, with the branch."""
    name, branch = subject.settings.dags.existing_repository, subject.settings.dags.branch
    if name is None:
        return
    check, codecommit = f"repository {name}", subject.aws.client("codecommit")
    if found(codecommit.get_repository, "RepositoryDoesNotExistException", repositoryName=name) is None:
        yield failure(check, "does not exist", "Create it, or leave dags.existing_repository out to have one made.")
    elif found(codecommit.get_branch, "BranchDoesNotExistException", repositoryName=name, branchName=branch) is None:
        yield failure(check, f"has no branch {branch}", f"Push one, or give --context dags.branch=… (now {branch}).")
    else:
        yield ok(check, f"has the branch {branch}")


def _free(subject: Preflight, check: str, *, there: bool, type_: str, id_: str, advice: str) -> Finding:
    if not there:
        return ok(check, "is free")
    if subject.stack is not None and any(id_ == owned for owned in subject.stack.of_type(type_)):
        return ok(check, "belongs to the stack")
    return failure(check, "exists already, and no stack of this name owns it", advice)
