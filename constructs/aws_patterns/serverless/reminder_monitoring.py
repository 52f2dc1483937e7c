"""What the operator of a Pet Cuddle-O-Tron needs to see: alarms on lost or endangered reminders, one dashboard."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from aws_patterns._alarms import Alarms
from aws_patterns.serverless import _defaults as defaults

_MINUTES_5 = 5


class ReminderMonitoring(Construct):
    """Alarms and a dashboard over the parts of a Pet Cuddle-O-Tron.

    Args:
        rest_api: The API.
        functions: Every function, by the name that its alarms shall carry.
        state_machine: The workflow.
        dead_letter_queue: Where undelivered reminders are kept.
        watch_email_reputation: Whether to watch the account's SES bounce and complaint rates.
        alarm_topic: Told when an alarm changes to ALARM and back to OK. Default: alarms tell nobody.

    Attributes:
        alarms: Every alarm, by its id.
        dashboard: The same signals over time.

    Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Best_Practice_Recommended_Alarms_AWS_Services.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        rest_api: apigateway.RestApi,
        functions: dict[str, lambda_.IFunction],
        state_machine: sfn.IStateMachine,
        dead_letter_queue: sqs.IQueue,
        watch_email_reputation: bool,
        alarm_topic: sns.ITopic | None,
    ) -> None:
        super().__init__(scope, id)
        self._alarms = Alarms(self, alarm_topic)

        period = Duration.minutes(_MINUTES_5)
        api_errors = rest_api.metric_server_error(statistic="Sum", period=period)
        failed = state_machine.metric_failed(statistic="Sum", period=period)
        kept = dead_letter_queue.metric_approximate_number_of_messages_visible(
            statistic="Maximum", period=Duration.minutes(1)
        )
        self._alarms.add("ApiServerErrors", api_errors, 1, "The API answered 5xx. See the API function's log.")
        for name, function in functions.items():
            self._alarms.add(
                f"{name}Errors",
                function.metric_errors(statistic="Sum", period=period),
                1,
                "The function raised an error. See its log.",
            )
            self._alarms.add(
                f"{name}Throttles",
                function.metric_throttles(statistic="Sum", period=period),
                1,
                "The function was throttled: the account's concurrency is exhausted.",
            )
        self._alarms.add(
            "FailedExecutions",
            failed,
            1,
            "A reminder was not delivered on every channel. See the dead letters.",
        )
        self._alarms.add(
            "TimedOutExecutions",
            state_machine.metric_timed_out(statistic="Sum", period=period),
            1,
            "A reminder ran into the limit of one year. It is in the execution's input.",
        )
        self._alarms.add(
            "DeadLetters",
            kept,
            1,
            "Undelivered reminders wait in the queue. Fix the cause, then redrive them.",
        )
        reputation = self._watch_email_reputation() if watch_email_reputation else []
        self.alarms = self._alarms.by_id
        self.dashboard = self._dashboard(rest_api, functions, state_machine, kept, reputation)

    def _watch_email_reputation(self) -> list[cloudwatch.IMetric]:
        metrics: list[cloudwatch.IMetric] = []
        for name, threshold in (
            ("BounceRate", defaults.SES_BOUNCE_RATE),
            ("ComplaintRate", defaults.SES_COMPLAINT_RATE),
        ):
            metric = cloudwatch.Metric(
                namespace="AWS/SES",
                metric_name=f"Reputation.{name}",
                statistic="Average",
                period=Duration.hours(1),
            )
            self._alarms.add(
                f"Email{name}",
                metric,
                threshold,
                "SES reviews accounts at this rate and may pause them. See the SES reputation dashboard.",
            )
            metrics.append(metric)
        return metrics

    def _dashboard(
        self,
        rest_api: apigateway.RestApi,
        functions: dict[str, lambda_.IFunction],
        state_machine: sfn.IStateMachine,
        kept: cloudwatch.IMetric,
        reputation: Sequence[cloudwatch.IMetric],
    ) -> cloudwatch.Dashboard:
        def graph(title: str, *metrics: cloudwatch.IMetric) -> cloudwatch.GraphWidget:
            return cloudwatch.GraphWidget(title=title, left=list(metrics), width=12)

        widgets: list[cloudwatch.IWidget] = [
            cloudwatch.AlarmStatusWidget(title="Alarms", alarms=list(self.alarms.values()), width=24, height=3),
            graph(
                "Requests",
                rest_api.metric_count(statistic="Sum"),
                rest_api.metric_client_error(statistic="Sum"),
                rest_api.metric_server_error(statistic="Sum"),
            ),
            graph(
                "API latency",
                rest_api.metric_latency(statistic="p50"),
                rest_api.metric_latency(statistic="p99"),
            ),
            graph(
                "Reminders",
                state_machine.metric_started(statistic="Sum"),
                state_machine.metric_succeeded(statistic="Sum"),
                state_machine.metric_failed(statistic="Sum"),
            ),
            graph("Undelivered reminders", kept),
            *(
                graph(f"{name} function", function.metric_duration(statistic="p99"), function.metric_errors())
                for name, function in functions.items()
            ),
        ]
        if reputation:
            widgets.append(graph("Email reputation", *reputation))
        return cloudwatch.Dashboard(self, "Dashboard", widgets=[[widgets[0]], widgets[1:]])
