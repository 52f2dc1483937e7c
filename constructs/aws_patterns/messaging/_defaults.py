"""The opinions of the messaging patterns. Plain numbers: a CDK object here would start Node at import."""

# --- Work queues ------------------------------------------------------------------------------------------------------

# SQS's own defaults (SQSDeveloperGuide/sqs-visibility-timeout.html, quotas-messages.html): half a minute for a message,
# four days for a queue, which is a long weekend.
VISIBILITY_TIMEOUT_SECONDS = 30
RETENTION_SECONDS = 345_600

# Long polling at its maximum: fewer empty receives, lower latency, lower cost
# (SQSDeveloperGuide/sqs-short-and-long-polling.html).
RECEIVE_WAIT_SECONDS = 20

# A poison message should reach the dead-letter queue within minutes, yet a worker that is restarted twice in a row
# must not lose it. AWS suggests at least 5 where Lambda consumes (lambda/latest/dg/services-sqs-configure.html).
MAX_RECEIVE_COUNT = 5

# What SQS allows (SQSDeveloperGuide/quotas-messages.html, quotas-queues.html, APIReference/API_CreateQueue.html).
LONGEST_VISIBILITY_TIMEOUT_SECONDS = 43_200
SHORTEST_RETENTION_SECONDS = 60
LONGEST_RETENTION_SECONDS = 1_209_600
LONGEST_DELAY_SECONDS = 900
LONGEST_RECEIVE_WAIT_SECONDS = 20
LARGEST_MAX_RECEIVE_COUNT = 1000
SMALLEST_MESSAGE_BYTES = 1024
LARGEST_MESSAGE_BYTES = 1_048_576
IN_FLIGHT_MESSAGES = 120_000
LONGEST_QUEUE_NAME = 80

# The longest SQS allows: a holiday must not cost anyone the evidence
# (SQSDeveloperGuide/setting-up-dead-letter-queue-retention.html).
DEAD_LETTER_RETENTION_SECONDS = LONGEST_RETENTION_SECONDS

# Somebody needs a working day to save what is about to be deleted; with less time left, an hour is better than nothing.
DEAD_LETTER_WARNING_SECONDS = 86_400
SHORTEST_DEAD_LETTER_AGE_SECONDS = 3600

# A message that failed once and is tried again has not waited; a quarter of an hour more, and nobody is working.
PATIENCE_SECONDS = 900

# A backlog that needs longer than this is more than a fleet that scales would let grow.
DRAIN_SECONDS = 3600

# Over less than five minutes the pace of workers that take batches is noise; a quarter of an hour in all, so that a
# fleet has had the time to scale out.
SHORTEST_PACE_SECONDS = 300
SLOW_SECONDS = 900
# AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html: an alarm looks back on a day at most.
LONGEST_PACE_SECONDS = 86_400

# Near the quota SQS hands out nothing more; at nine tenths there is still time to find out who doesn't delete.
IN_FLIGHT_WARNING_PERCENT = 90

# --- Queue APIs -------------------------------------------------------------------------------------------------------

# A flood stops at the gateway, long before SQS minds: a standard queue takes whatever arrives
# (apigateway/latest/developerguide/api-gateway-request-throttling.html).
QUEUE_API_THROTTLE_RATE = 100.0
QUEUE_API_THROTTLE_BURST = 200
LARGEST_QUEUE_API_RATE = 10_000
LARGEST_QUEUE_API_BURST = 5_000

# A FIFO queue without high throughput takes no more than this in a second, and refuses the rest
# (SQSDeveloperGuide/quotas-messages.html).
FIFO_MESSAGES_PER_SECOND = 300

# SQS bills by chunks of 64 KiB: a request that fits one costs one (aws.amazon.com/sqs/pricing).
QUEUE_API_MESSAGE_BYTES = 65_536

# What AWS WAF takes for a rate-based rule (waf/latest/developerguide/waf-rule-statement-type-rate-based.html).
SMALLEST_WEB_ACL_RATE = 10
LARGEST_WEB_ACL_RATE = 2_000_000_000

# apigateway/latest/developerguide/limits.html: the largest model.
LARGEST_SCHEMA_BYTES = 409_600

# --- Buffered writers -------------------------------------------------------------------------------------------------

# Ten conditional writes of a few milliseconds each, and the patience to try each again when the table is busy.
WRITER_TIMEOUT_SECONDS = 30
LONGEST_WRITER_TIMEOUT_SECONDS = 900

# Lambda asks for six times the function's timeout, so that a batch which is throttled or retried stays hidden
# (lambda/latest/dg/services-sqs-configure.html).
WRITER_TIMEOUTS_HIDDEN = 6

# Ten attempts, three minutes apart: half an hour in which the database may be away before anything is a dead letter.
WRITER_MAX_RECEIVE_COUNT = 10

# Ten functions with ten writes in turn are some thousand writes a second at most: absorbs a spike in minutes, and is
# a quarter of what a new on-demand table takes at once
# (amazondynamodb/latest/developerguide/on-demand-capacity-mode.html).
WRITER_CONCURRENCY = 10
# lambda/latest/dg/services-sqs-scaling.html
SMALLEST_WRITER_CONCURRENCY = 2
LARGEST_WRITER_CONCURRENCY = 1000

# lambda/latest/dg/services-sqs-parameters.html
WRITER_BATCH_SIZE = 10
LARGEST_WRITER_BATCH = 10_000
LARGEST_WRITER_BATCH_WITHOUT_WINDOW = 10
LARGEST_WRITER_FIFO_BATCH = 10
LONGEST_WRITER_WINDOW_SECONDS = 300

# amazondynamodb/latest/developerguide/Constraints.html: what is larger would wait in the queue for nothing.
LARGEST_ITEM_BYTES = 409_600

WRITER_METRIC_NAMESPACE = "AwsPatterns/BufferedWriter"

# --- Fan-out, topic archive -------------------------------------------------------------------------------------------

# What SNS allows in a filter policy (sns/latest/dg/subscription-filter-policy-constraints.html): keys of the top level
# count, and values multiply, each array by how deep it is nested. Wildcards have a budget of their own
# (sns/latest/dg/string-value-matching.html).
FILTER_KEYS = 5
FILTER_COMBINATIONS = 150
LARGEST_FILTER_BYTES = 262_144
LARGEST_FILTER_NUMBER = 1_000_000_000
FILTER_DECIMALS = 5
FILTER_POLICIES_PER_TOPIC = 200
WILDCARDS_PER_VALUE = 3
WILDCARD_POINTS = 100
POINTS_PER_WILDCARD_OF_SEVERAL = 3

# general/latest/gr/sns.html: subscriptions of a FIFO topic.
SUBSCRIPTIONS_PER_FIFO_TOPIC = 100

# sns/latest/dg/fifo-message-archiving-replay.html
LONGEST_TOPIC_ARCHIVE_DAYS = 365

# Firehose's own defaults (firehose/latest/APIReference/API_BufferingHints.html): objects of a useful size, five minutes
# late at most.
ARCHIVE_BUFFER_SECONDS = 300
ARCHIVE_BUFFER_MIB = 5
LONGEST_ARCHIVE_BUFFER_SECONDS = 900
LARGEST_ARCHIVE_BUFFER_MIB = 128

# A year and a day, so that last year's sale can be compared with this year's.
ARCHIVE_RETENTION_DAYS = 366
# A lifecycle rule's upper bound is an int; a century is more than anybody means.
LONGEST_RETENTION_DAYS = 36_500

# Firehose tries S3 again for a day and then drops the data (firehose/latest/dg/retry.html): half an hour without a
# delivery leaves time to mend it.
ARCHIVE_LATE_SECONDS = 1800

# A week-end and the days around it, in which somebody looks at the message of a file that was sent again.
INBOX_EARLIER_VERSION_DAYS = 30
INBOX_LOG_DAYS = 90

# --- Event backbone ---------------------------------------------------------------------------------------------------

# What EventBridge does by itself, and at most (eventbridge/latest/userguide/eb-rule-retry-policy.html).
EVENT_RETRY_ATTEMPTS = 185
SHORTEST_EVENT_AGE_SECONDS = 60
EVENT_AGE_SECONDS = 86_400

# A month: a mistake in a consumer is found by the end of the month at the latest, and everything since can be replayed.
EVENT_ARCHIVE_DAYS = 30

# eventbridge/latest/userguide/eb-quota.html, eb-create-pattern-operators.html
LARGEST_EVENT_PATTERN = 2048
EVENT_PATTERN_COMBINATIONS = 1000
TARGETS_PER_RULE = 5
RULES_PER_BUS = 300
LARGEST_BUS_POLICY = 10_240
LONGEST_EVENT_SOURCE = 256

# --- Worker pools -----------------------------------------------------------------------------------------------------

# Fleets answer within minutes, so a pool of ten at most is a bill that nobody has to fear; who knows the peak says it.
MAXIMUM_WORKERS = 10
LARGEST_POOL = 10_000
# Beyond what the peak needs, so that a backlog shrinks while it lasts.
PEAK_HEADROOM = 1.25

# Twice the usual time, so that a slow message is hidden long enough; the heartbeat keeps a slower one
# (SQSDeveloperGuide/sqs-visibility-timeout.html). The worker program extends when a third has passed.
VISIBILITY_FACTOR = 2
HEARTBEAT_PART = 3
# What Lambda asks for, so that throttled invocations can be tried again (lambda/latest/dg/services-sqs-configure.html).
FUNCTION_VISIBILITY_FACTOR = 6

# A message that takes ten times as long as usual hangs; less than a minute is noise.
JOB_TIMEOUT_FACTOR = 10
SHORTEST_JOB_TIMEOUT_SECONDS = 60
# SQS hides no message for longer than twelve hours, heartbeat or not; ending a job takes a moment too.
LONGEST_JOB_SECONDS = 42_000

# From SIGTERM to the end. The worker program must outlive one long poll; ECS kills a Fargate task after 120 s at most
# (AmazonECS/latest/APIReference/API_ContainerDefinition.html), EC2 gives a Spot instance as much notice
# (AWSEC2/latest/UserGuide/spot-instance-termination-notices.html).
SHORTEST_GRACE_SECONDS = 25
LONGEST_GRACE_SECONDS = 3_600
GRACE_SECONDS = 90
NOTICE_SECONDS = 120
NOTICE_MARGIN_SECONDS = 10
HOOK_MARGIN_SECONDS = 60

# Until a started worker takes its first message: an instance boots, a task pulls its image and starts.
INSTANCE_WARM_UP_SECONDS = 120
TASK_WARM_UP_SECONDS = 60

# SQS, CloudWatch and the alarms of target tracking: three minutes above the target, and the minute before it is known;
# fifteen below nine tenths of it (autoscaling/ec2/userguide/as-scaling-target-tracking.html).
METRIC_SECONDS = 60
SCALE_OUT_MINUTES = 3
SCALE_IN_MINUTES = 15
SCALE_IN_PART = 0.9
SCALE_IN_COOLDOWN_SECONDS = 300

# A queue that nobody uses says nothing any more, and takes up to a quarter of an hour to begin again
# (SQSDeveloperGuide/sqs-monitoring-using-cloudwatch.html): so late a pool of no workers may learn of a message.
INACTIVE_QUEUE_SECONDS = 900

# A pool that is as large as it may be and late all the same needs somebody to look at it.
AT_MAXIMUM_MINUTES = 15

# What a step policy takes (autoscaling/ec2/userguide/ec2-auto-scaling-quotas.html).
MOST_STEPS = 20

# A task of the smallest useful size: a quarter of a processor, half a gibibyte.
TASK_CPU = 256
TASK_MEMORY_MIB = 512
# What Fargate has (AmazonECS/latest/developerguide/task-cpu-memory-error.html): MiB by CPU units.
FARGATE_SIZES = {
    256: (512, 1_024, 2_048),
    512: range(1_024, 4_097, 1_024),
    1_024: range(2_048, 8_193, 1_024),
    2_048: range(4_096, 16_385, 1_024),
    4_096: range(8_192, 30_721, 1_024),
    8_192: range(16_384, 61_441, 4_096),
    16_384: range(32_768, 122_881, 8_192),
}

# What Lambda allows (lambda/latest/dg/services-sqs-parameters.html, API_ScalingConfig.html,
# gettingstarted-limits.html).
LONGEST_FUNCTION_SECONDS = 900
FUNCTION_SECONDS = 3
FEWEST_FUNCTION_WORKERS = 2
MOST_FUNCTION_WORKERS = 1_000
LARGEST_BATCH = 10
LARGEST_WINDOWED_BATCH = 10_000
LONGEST_BATCHING_WINDOW_SECONDS = 300
# As it starts with, and adds each minute.
FUNCTION_START_WORKERS = 5
FUNCTION_WORKERS_PER_MINUTE = 300
