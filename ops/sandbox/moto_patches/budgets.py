"""Budgets that change."""

from __future__ import annotations

import json

from moto.budgets.responses import BudgetsResponse


def apply() -> None:
    """Mend moto's budgets, which have no ``UpdateBudget``."""

    def update_budget(self: BudgetsResponse) -> str:
        account, new = self._get_param("AccountId"), self._get_param("NewBudget")
        self.backend.describe_budget(account, new["BudgetName"])  # an error, where there is none
        self.backend.budgets[account][new["BudgetName"]].budget |= new
        return json.dumps({})

    BudgetsResponse.update_budget = update_budget  # type: ignore[attr-defined]
