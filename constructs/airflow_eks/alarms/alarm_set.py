"""What all alarms of a deployment have in common: a name, a page of what to do, and the topic that is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns

from constructs import Construct

Comparison = cloudwatch.ComparisonOperator
Missing = cloudwatch.TreatMissingData

# CloudWatch takes 1024 characters.
_LONGEST_DESCRIPTION = 1024


class AlarmSet(Construct):
    """Makes alarms, and knows them by their names without the deployment's.

    Each tells the topic when it goes off and when it is over. Its description says what is wrong, and where its runbook
    is.
    """

    def __init__(
        self, scope: Construct, id_: str, *, deployment: str, topic: sns.ITopic, runbook: Callable[[str], str]
    ) -> None:
        super().__init__(scope, id_)
        self._deployment = deployment
        self._runbook = runbook
        self._action = actions.SnsAction(topic)
        self._alarms: dict[str, cloudwatch.AlarmBase] = {}

    @property
    def alarms(self) -> Mapping[str, cloudwatch.AlarmBase]:
        """Those that are there, in the order in which they were made."""
        return self._alarms

    def add(
        self,
        name: str,
        *,
        what: str,
        metric: cloudwatch.IMetric,
        comparison: cloudwatch.ComparisonOperator,
        threshold: float,
        periods: int,
        points: int | None = None,
        missing: cloudwatch.TreatMissingData,
    ) -> None:
        """An alarm on one metric or expression: off when ``points`` of the last ``periods`` compare so, all by default.

        ``what`` is a sentence: what is wrong while it is off.
        """
        alarm = cloudwatch.Alarm(
            self,
            name,
            alarm_name=f"{self._deployment}-{name}",
            alarm_description=self.description(name, what),
            metric=metric,
            comparison_operator=comparison,
            threshold=threshold,
            evaluation_periods=periods,
            datapoints_to_alarm=points or periods,
            treat_missing_data=missing,
        )
        self._tell(name, alarm)

    def add_composite(self, name: str, *, what: str, any_of: list[str]) -> None:
        """An alarm that is off while any of these is; of these, those that are there."""
        rule = cloudwatch.AlarmRule.any_of(
            *(
                cloudwatch.AlarmRule.from_alarm(alarm, cloudwatch.AlarmState.ALARM)
                for other, alarm in self._alarms.items()
                if other in any_of
            )
        )
        alarm = cloudwatch.CompositeAlarm(
            self,
            name,
            composite_alarm_name=f"{self._deployment}-{name}",
            alarm_description=self.description(name, what),
            alarm_rule=rule,
        )
        self._tell(name, alarm)

    def description(self, name: str, what: str) -> str:
        """What a person reads who is told. Raises ValueError where it is longer than CloudWatch takes."""
        text = f"{what} Runbook: {self._runbook(name)}"
        if len(text) > _LONGEST_DESCRIPTION:
            raise ValueError(f"the description of the alarm {name} is too long")
        return text

    def _tell(self, name: str, alarm: cloudwatch.AlarmBase) -> None:
        alarm.add_alarm_action(self._action)
        alarm.add_ok_action(self._action)
        self._alarms[name] = alarm


def metric(
    namespace: str, name: str, dimensions: Mapping[str, str], *, statistic: str, seconds: int
) -> cloudwatch.Metric:
    """A metric, in one line."""
    return cloudwatch.Metric(
        namespace=namespace,
        metric_name=name,
        dimensions_map=dict(dimensions),
        statistic=statistic,
        period=Duration.seconds(seconds),
    )


def expression(text: str, *, label: str, seconds: int, **of: cloudwatch.IMetric) -> cloudwatch.MathExpression:
    """An expression of metric math over metrics by their names in it."""
    return cloudwatch.MathExpression(expression=text, label=label, using_metrics=of, period=Duration.seconds(seconds))
