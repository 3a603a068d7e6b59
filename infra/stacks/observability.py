"""Alarms that matter, and one dashboard to look at when one of them rings."""

from aws_cdk import Stack
from constructs import Construct

from infra.configuration import Configuration
from infra.constructs.alarm_list import AlarmList
from infra.constructs.dashboard import Dashboard
from infra.constructs.measures import Measures
from infra.stacks.alerting import Alerting
from infra.stacks.detection import Detection
from infra.stacks.history import History
from infra.stacks.ingestion import Ingestion
from infra.stacks.review import Review
from infra.stacks.storage import Storage
from infra.stacks.streaming import Streaming


class Observability(Stack):
    """Only watches: it can be deleted and deployed again at any time."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        configuration: Configuration,
        storage: Storage,
        streaming: Streaming,
        ingestion: Ingestion,
        detection: Detection,
        alerting: Alerting,
        review: Review,
        history: History | None,
    ) -> None:
        super().__init__(scope, name, stack_name=configuration.stack_name(name))
        measures = Measures(
            lane_bucket=storage.lane_bucket,
            lake_bucket=storage.lake_bucket,
            stream=streaming.stream,
            event_delivery=streaming.event_delivery,
            alert_delivery=streaming.alert_delivery,
            metric_delivery=streaming.metric_delivery,
            ingester=ingestion.ingester,
            detect_events=detection.detect_events,
            notify_alert=alerting.notify_alert,
            land_alerts=alerting.land_alerts,
            check_feeds=alerting.check_feeds,
            review_day=review.review_day,
            dead_letters=(
                *(alerting.undelivered, alerting.uninvoked, review.unreviewed),
                *((history.unstarted,) if history else ()),
            ),
            flows={} if history is None else {"Daily": history.daily, "BackFill": history.back_fill},
        )
        alarms = AlarmList(self, "Alarms", operators=storage.operators)
        measures.alarm(alarms)
        Dashboard(self, "Dashboard", measures=measures, alarms=alarms.alarms)
