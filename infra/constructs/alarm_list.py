"""Alarms to the operators' topic, and the list of them for the dashboard."""

from aws_cdk import Duration, aws_cloudwatch, aws_cloudwatch_actions, aws_sns
from constructs import Construct

IGNORED = aws_cloudwatch.TreatMissingData.NOT_BREACHING
MISSED = aws_cloudwatch.TreatMissingData.BREACHING


class AlarmList(Construct):
    """Adds alarms one by one; each says in its description what to do first."""

    def __init__(self, scope: Construct, name: str, *, operators: aws_sns.ITopic) -> None:
        super().__init__(scope, name)
        self._action = aws_cloudwatch_actions.SnsAction(operators)
        self.alarms: list[aws_cloudwatch.IAlarm] = []

    def above(
        self, name: str, metric: aws_cloudwatch.IMetric, limit: float, first_step: str, *, minutes: int = 1
    ) -> None:
        """Alarm when the metric exceeds `limit` in each of `minutes` periods; no data is a good sign."""
        operator = aws_cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD
        self._add(name, metric, limit, first_step, minutes, operator, IGNORED)

    def below(
        self, name: str, metric: aws_cloudwatch.IMetric, limit: float, first_step: str, *, minutes: int = 1
    ) -> None:
        """Alarm when the metric is under `limit` in each of `minutes` periods; no data is a bad sign."""
        operator = aws_cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD
        self._add(name, metric, limit, first_step, minutes, operator, MISSED)

    def under_by_day(self, name: str, metric: aws_cloudwatch.Metric, limit: float, first_step: str) -> None:
        """Alarm when the metric is under `limit` on a day; a day without data says nothing."""
        operator = aws_cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD
        self._add(name, metric.with_(period=Duration.days(1)), limit, first_step, 1, operator, IGNORED)

    def _add(
        self,
        name: str,
        metric: aws_cloudwatch.IMetric,
        limit: float,
        first_step: str,
        minutes: int,
        operator: aws_cloudwatch.ComparisonOperator,
        missing: aws_cloudwatch.TreatMissingData,
    ) -> None:
        alarm = aws_cloudwatch.Alarm(
            self,
            name,
            metric=metric,
            threshold=limit,
            comparison_operator=operator,
            evaluation_periods=minutes,
            datapoints_to_alarm=minutes,
            treat_missing_data=missing,
            alarm_description=first_step,
        )
        alarm.add_alarm_action(self._action)
        alarm.add_ok_action(self._action)
        self.alarms.append(alarm)


def metric(namespace: str, name: str, statistic: str, dimensions: dict[str, str]) -> aws_cloudwatch.Metric:
    """Name a metric by the minute."""
    return aws_cloudwatch.Metric(
        namespace=namespace,
        metric_name=name,
        dimensions_map=dimensions,
        statistic=statistic,
        period=Duration.minutes(1),
    )
