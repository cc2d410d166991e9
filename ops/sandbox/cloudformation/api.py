"""CloudFormation's API, as far as the CDK's command line and ``ops`` use it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from moto.core.responses import ActionResult, BaseResponse, EmptyResult

from ops.sandbox.cloudformation import descriptions
from ops.sandbox.cloudformation.change_sets import ChangeSets
from ops.sandbox.cloudformation.errors import ValidationError
from ops.sandbox.cloudformation.model import Stack
from ops.sandbox.cloudformation.nested_stacks import read_template
from ops.sandbox.cloudformation.service import CloudFormation, cloudformation_in
from ops.sandbox.cloudformation.template import Template
from ops.sandbox.cloudformation.update import StackUpdate, next_parameters


class CloudFormationApi(BaseResponse):
    """The actions. moto reads the request and writes the response; what is between is not moto's."""

    def __init__(self) -> None:
        super().__init__(service_name="cloudformation")
        self.automated_parameter_parsing = True

    def create_stack(self) -> ActionResult:
        stack = self._prepare()
        stack.disable_rollback = bool(self._get_param("DisableRollback"))
        self._service.start_create(stack)
        return ActionResult({"StackId": stack.stack_id})

    def update_stack(self) -> ActionResult:
        update = self._prepare_update()
        if update is None:
            raise ValidationError("No updates are to be performed.")
        update.stack.disable_rollback = bool(self._get_param("DisableRollback"))
        self._service.start_update(update)
        return ActionResult({"StackId": update.stack.stack_id})

    def delete_stack(self) -> EmptyResult:
        name = self._get_param("StackName")
        # Deleting what is not there is no error, as in AWS.
        for stack in self._service.stacks:
            if name in (stack.name, stack.stack_id):
                self._service.start_delete(stack)
        return EmptyResult()

    def update_termination_protection(self) -> ActionResult:
        stack = self._stack()
        stack.termination_protection = bool(self._get_param("EnableTerminationProtection"))
        return ActionResult({"StackId": stack.stack_id})

    def create_change_set(self) -> ActionResult:
        name, type_ = self._get_param("ChangeSetName"), self._get_param("ChangeSetType", "UPDATE")
        if type_ == "CREATE":
            change_set = self._change_sets.to_create(name, self._prepare())
        elif type_ == "UPDATE":
            change_set = self._change_sets.to_update(name, self._stack(), self._prepare_update())
        else:
            raise ValidationError(f"a change set of type {type_} is not known to the sandbox")
        return ActionResult({"Id": change_set.change_set_id, "StackId": change_set.stack.stack_id})

    def describe_change_set(self) -> ActionResult:
        return ActionResult(descriptions.change_set(self._change_sets.find(self._get_param("ChangeSetName"))))

    def execute_change_set(self) -> EmptyResult:
        change_set = self._change_sets.find(self._get_param("ChangeSetName"))
        change_set.stack.disable_rollback = bool(self._get_param("DisableRollback"))
        if change_set.update:
            self._service.start_update(change_set.update)
        else:
            self._service.start_create(change_set.stack)
        return EmptyResult()

    def delete_change_set(self) -> EmptyResult:
        self._change_sets.delete(self._get_param("ChangeSetName"))
        return EmptyResult()

    def describe_stacks(self) -> ActionResult:
        name = self._get_param("StackName")
        stacks = [self._stack()] if name else [stack for stack in self._service.stacks if not stack.is_gone]
        return ActionResult({"Stacks": [descriptions.stack(stack) for stack in stacks]})

    def list_stacks(self) -> ActionResult:
        wanted = self._get_param("StackStatusFilter") or []
        stacks = [stack for stack in self._service.stacks if not wanted or stack.status in wanted]
        return ActionResult({"StackSummaries": [descriptions.stack_summary(stack) for stack in stacks]})

    def describe_stack_events(self) -> ActionResult:
        return ActionResult(descriptions.events(self._stack(), before=self._get_param("NextToken")))

    def describe_stack_resources(self) -> ActionResult:
        wanted = self._get_param("LogicalResourceId")
        resources = descriptions.resources(self._stack())
        chosen = [resource for resource in resources if wanted in (None, resource["LogicalResourceId"])]
        return ActionResult({"StackResources": chosen})

    def describe_stack_resource(self) -> ActionResult:
        wanted = self._get_param("LogicalResourceId")
        for resource in descriptions.resources(self._stack()):
            if resource["LogicalResourceId"] == wanted:
                return ActionResult({"StackResourceDetail": resource})
        raise ValidationError(f"Resource {wanted} does not exist for stack {self._get_param('StackName')}")

    def list_stack_resources(self) -> ActionResult:
        return ActionResult({"StackResourceSummaries": descriptions.resources(self._stack())})

    def get_template(self) -> ActionResult:
        return ActionResult({"TemplateBody": self._stack().template.body, "StagesAvailable": ["Original"]})

    def list_exports(self) -> ActionResult:
        exports = self._service.exports().items()
        return ActionResult(
            {
                "Exports": [
                    {"Name": name, "Value": value, "ExportingStackId": stack.stack_id}
                    for name, (stack, value) in exports
                ]
            }
        )

    @property
    def _service(self) -> CloudFormation:
        return cloudformation_in(self.region)

    @property
    def _change_sets(self) -> ChangeSets:
        return self._service.change_sets

    def _stack(self) -> Stack:
        return self._service.find(self._get_param("StackName"))

    def _prepare(self) -> Stack:
        stack = self._service.prepare(
            name=self._get_param("StackName"),
            body=self._body(),
            parameters=_pairs(self._get_param("Parameters") or [], "ParameterKey", "ParameterValue"),
            tags=_pairs(self._get_param("Tags") or [], "Key", "Value"),
        )
        stack.role_arn = self._get_param("RoleARN")
        stack.termination_protection = bool(self._get_param("EnableTerminationProtection"))
        return stack

    def _prepare_update(self) -> StackUpdate | None:
        """The update that is asked for, if it would change anything."""
        stack, body = self._stack(), self._body()
        given = {
            item["ParameterKey"]: None if item.get("UsePreviousValue") else item["ParameterValue"]
            for item in self._get_param("Parameters") or []
        }
        parameters = next_parameters(stack, Template.parse(body), given)
        tags = self._get_param("Tags")
        wanted = stack.tags if tags is None else _pairs(tags, "Key", "Value")
        same = all(stack.parameters[name] == given for name, given in parameters.items())
        if body == stack.template.body and same and wanted == stack.tags:
            return None
        return self._service.prepare_update(stack, body=body, parameters=parameters, tags=wanted)

    def _body(self) -> str:
        url = self._get_param("TemplateURL")
        body: str = read_template(url, self._service.aws) if url else self._get_param("TemplateBody")
        return body


def _pairs(items: Iterable[Mapping[str, Any]], key: str, value: str) -> dict[str, str]:
    return {item[key]: item[value] for item in items}
