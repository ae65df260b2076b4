"""The house rules of a workshop: what its manager decides once for all benches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bench.conformity import ISO_14253_1, RULES, DecisionRule
from bench.limit import Limit, Mark
from bench.quantities import Value, quantity


@dataclass(frozen=True)
class House:
    """A workshop's name and rules.

    `residual_field_max`: above it a watch counts as magnetised; no maker documents a figure, so the house states its
    own or leaves it blank. `self_check`: one person may do the final control of their own work, flagged on the
    sheet (G-31). `repeats_without_reason`: how often one measurement may be repeated before a reason is asked (G-29).
    `rule` decides wherever a profile states no rule of its own. `order_prefix` begins the numbers of its orders.
    `training`: no customer's watch comes here, and trainees may work (G-40). `temperature_gap`: how far watch and test
    chamber may differ, in °C (G-10). `cost_margin`: by how much of the signed amount the work may go beyond it before
    it stops (G-23). `diagnosis_days`: how long a diagnosis stands when the order goes on with another procedure.
    `wait_scale` shortens the waits of a demonstration or an exercise (24 h become 24 s with 3600); it stands on the
    sheet.
    """

    name: str
    residual_field_max: Value | None = None
    self_check: bool = False
    repeats_without_reason: int = 3
    rule: DecisionRule = ISO_14253_1
    order_prefix: str = ""
    training: bool = False
    temperature_gap: float = 2.0
    cost_margin: float = 0.0
    diagnosis_days: int = 30
    wait_scale: float = 1.0

    @property
    def residual_field_limit(self) -> Limit | None:
        """The house limit as a limit, None where the house states none."""
        if self.residual_field_max is None:
            return None
        return Limit(quantity("residual_field"), None, self.residual_field_max.magnitude, self.name, Mark.HOUSE)

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "residual_field_max": self.residual_field_max.to_json() if self.residual_field_max else None,
            "self_check": self.self_check,
            "repeats_without_reason": self.repeats_without_reason,
            "rule": self.rule.id,
            "order_prefix": self.order_prefix,
            "training": self.training,
            "temperature_gap": self.temperature_gap,
            "cost_margin": self.cost_margin,
            "diagnosis_days": self.diagnosis_days,
            "wait_scale": self.wait_scale,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> House:
        field = data.get("residual_field_max")
        return cls(
            data["name"],
            Value.from_json(field) if field else None,
            data.get("self_check", False),
            data.get("repeats_without_reason", 3),
            RULES[data.get("rule", ISO_14253_1.id)],
            data.get("order_prefix", ""),
            data.get("training", False),
            data.get("temperature_gap", 2.0),
            data.get("cost_margin", 0.0),
            data.get("diagnosis_days", 30),
            data.get("wait_scale", 1.0),
        )
