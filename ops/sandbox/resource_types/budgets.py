"""Budgets."""

from __future__ import annotations

from ops.sandbox.regions import ACCOUNT
from ops.sandbox.resource_types.base import Deletion, Physical, Request, ResourceType
from ops.sandbox.resource_types.in_place import again


class Budget(ResourceType):
    name = "AWS::Budgets::Budget"
    unmodelled = ("ResourceTags",)
    in_place = (again(lambda request, _: _change(request), "Budget"),)

    def create(self, request: Request) -> Physical:
        request.call("budgets", "create_budget", "Budget", "NotificationsWithSubscribers", AccountId=ACCOUNT)
        return Physical(ref=request.properties["Budget"]["BudgetName"])

    def delete(self, deletion: Deletion) -> None:
        deletion.call("budgets", "delete_budget", AccountId=ACCOUNT, BudgetName=deletion.ref)


def _change(request: Request) -> None:
    request.aws.call_with_properties(
        "budgets", "update_budget", {"NewBudget": request.properties["Budget"]}, AccountId=ACCOUNT
    )
