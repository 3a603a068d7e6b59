"""One page: is it alive, is it behind, is anything lost."""

from collections.abc import Sequence

from aws_cdk import aws_cloudwatch
from constructs import Construct

from infra.constructs.measures import Measures

WIDTH = 8


class Dashboard(aws_cloudwatch.Dashboard):
    """The CloudWatch dashboard."""

    def __init__(
        self, scope: Construct, name: str, *, measures: Measures, alarms: Sequence[aws_cloudwatch.IAlarm]
    ) -> None:
        super().__init__(scope, name, period_override=aws_cloudwatch.PeriodOverride.AUTO)
        m = measures
        self.add_widgets(
            aws_cloudwatch.AlarmStatusWidget(title="Alarms", width=3 * WIDTH, height=4, alarms=list(alarms))
        )
        self._row(
            (
                "Records in",
                [m.of_stream("IncomingRecords", "Sum"), m.of_stream("WriteProvisionedThroughputExceeded", "Sum")],
            ),
            ("Ingester tasks", [m.running_tasks]),
            ("Oldest heartbeat (s)", [m.feed_age]),
        )
        self._row(
            ("Behind the stream (ms)", [m.function(f, "IteratorAge", "Maximum") for f in m.followers.values()]),
            ("Function time (ms, p99)", [m.function(f, "Duration", "p99") for f in m.functions.values()]),
            ("Function errors", [m.function(f, "Errors", "Sum") for f in m.functions.values()]),
        )
        self._row(
            ("Quarantined and given up", [m.puts(m.lane_bucket, "quarantine"), m.puts(m.lane_bucket, "given-up")]),
            ("Waiting for announcement", [m.backlog]),
            (
                "Not converted for the lake",
                [m.delivery(d, "FailedConversion.Records", "Sum") for d in m.deliveries.values()],
            ),
        )

    def _row(self, *charts: tuple[str, Sequence[aws_cloudwatch.IMetric]]) -> None:
        self.add_widgets(
            *(aws_cloudwatch.GraphWidget(title=title, width=WIDTH, left=list(lines)) for title, lines in charts)
        )
