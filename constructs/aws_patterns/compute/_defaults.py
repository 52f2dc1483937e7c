"""The opinions of the compute patterns. Plain numbers: a CDK object here would start Node at import."""

# --- instances and their group ---

# Graviton does the same work for less (ec2/latest/instancetypes/instance-types.html); a small web server idles most
# of the time, which is what burstable types are priced for. 2 GiB hold an application and the agents beside it.
INSTANCE_TYPES = ("t4g.small",)

# Amazon Linux 2023 takes 2 GiB and its image 8; the rest is for logs and packages (linux/al2023/ug/ec2.html).
ROOT_VOLUME_GIB = 16
ROOT_DEVICE = "/dev/xvda"

# What EC2 takes before encoding (AWSEC2/latest/UserGuide/user-data.html).
USER_DATA_BYTES = 16_384

# Until an instance's own readings count for scaling: boot, packages, start (as-warm-up guidance:
# autoscaling/ec2/userguide/ec2-auto-scaling-default-instance-warmup.html).
WARM_UP_SECONDS = 120

# As AWS's console has it: shorter than the start takes, and an instance that is still starting is replaced for ever
# (autoscaling/ec2/userguide/health-check-grace-period.html).
HEALTH_GRACE_SECONDS = 300

# A replacement is in service before what it replaces is terminated
# (autoscaling/ec2/userguide/instance-maintenance-policy-overview-and-considerations.html).
HEALTHY_PERCENT = (100, 110)

# --- how a new version is rolled out ---

# Boot, packages and start take a minute or two: enough for a slow day, and no longer than the grace period, after which
# a load balancer has an instance replaced. CloudFormation waits an hour at most
# (AWSCloudFormation/latest/TemplateReference/aws-attribute-updatepolicy.html).
START_SECONDS = HEALTH_GRACE_SECONDS
SHORTEST_START_SECONDS = 120
LONGEST_START_SECONDS = 3_600

# Of it, what passes before an instance asks for the first time, and between its last question and its signal: whoever
# asks longer is not heard any more.
SIGNAL_MARGIN_SECONDS = 60

# One instance at a time shows a mistake to the fewest users.
BATCH_SIZE = 1

# The first instance, then the rest: what a tenth of the fleet does not show, half of it will not either.
CHECKPOINT_PERCENTAGES = (10, 100)

# Three datapoints of a minute each, and the minute or two that CloudWatch takes to have them.
CHECKPOINT_SECONDS = 300
BAKE_SECONDS = 300

# What Auto Scaling allows (autoscaling/ec2/APIReference/API_RefreshPreferences.html, API_AlarmSpecification.html).
LONGEST_CHECKPOINT_SECONDS = 172_800
ROLLBACK_ALARMS = 10

# --- placement ---

# Racks with own power and network that EC2 has for one group in one zone, and partitions likewise
# (AWSEC2/latest/UserGuide/placement-strategies.html).
SPREAD_PER_ZONE = 7
PARTITIONS_PER_ZONE = 7

# --- Scaling ---------------------------------------------------------------------------------------------------

# AWS's own (autoscaling/ec2/userguide/ec2-auto-scaling-scaling-cooldowns.html).
COOLDOWN_SECONDS = 300

# Three minutes in a row, as AWS's own alarms for target tracking wait: one busy minute is no trend
# (autoscaling/ec2/userguide/as-scaling-target-tracking.html).
ALARM_PERIODS = 3

# AWS's own (autoscaling/ec2/userguide/predictive-scaling-policy-overview.html).
SCHEDULING_BUFFER_SECONDS = 300

# What AWS allows for one group, and does not raise (autoscaling/ec2/userguide/ec2-auto-scaling-quotas.html).
SCALING_POLICIES_PER_GROUP = 50
SCHEDULED_ACTIONS_PER_GROUP = 125
STEPS_PER_POLICY = 20

# What takes an hour to start is nothing to scale with: build an image that has it all.
LONGEST_WARM_UP_SECONDS = 3_600

# Two quick calls, each repeated while the group is busy; CloudFormation waits for Lambda's second try, not an hour.
SUSPEND_TIMEOUT_SECONDS = 90
SUSPEND_PATIENCE_SECONDS = 300

# --- Lifecycle hooks and logs kept at termination ---

# What Auto Scaling allows for one heartbeat (autoscaling/ec2/APIReference/API_PutLifecycleHook.html).
HOOK_SHORTEST_TIMEOUT_SECONDS = 30
HOOK_LONGEST_TIMEOUT_SECONDS = 7_200

# AWS's own default is an hour, which a lost function would make every scale-in wait.
HOOK_TIMEOUT_SECONDS = 300

# All that a system and most servers write; a folder is taken whole.
TERMINATION_LOG_PATHS = ("/var/log",)

# Long enough to look into last month's incident.
TERMINATION_LOG_RETENTION_DAYS = 30

# Two minutes pack and send some gigabytes, and fit into the notice that a Spot instance gets. Less than 30 s is what
# Systems Manager does not take (systems-manager/latest/APIReference/API_SendCommand.html); a function lives for 900 s
# at most and needs some of it to complete the hook (lambda/latest/dg/gettingstarted-limits.html).
TERMINATION_LOG_TIMEOUT_SECONDS = 120
TERMINATION_LOG_SHORTEST_TIMEOUT_SECONDS = 30
TERMINATION_LOG_LONGEST_TIMEOUT_SECONDS = 840

# The function sends a heartbeat every third of this while it works, so a lost one delays a scale-in by no more.
TERMINATION_HOOK_HEARTBEAT_SECONDS = 180

# A weekend and the Monday after it: the longest SQS allows.
FLEET_DEAD_LETTER_RETENTION_DAYS = 14

# Where the functions of a fleet publish what they did.
FLEET_METRIC_NAMESPACE = "AwsPatterns/Fleet"

# --- Custom health check ---

HEALTH_PATH = "/health"

# The finest rate that EventBridge has (eventbridge/latest/userguide/eb-scheduled-rule-pattern.html).
HEALTH_INTERVAL_MINUTES = 1
HEALTH_LONGEST_INTERVAL_MINUTES = 60

# One dropped packet must not cost an instance: all attempts have to fail.
HEALTH_ATTEMPTS = 3
HEALTH_MOST_ATTEMPTS = 10
HEALTH_ATTEMPT_TIMEOUT_SECONDS = 2
HEALTH_LONGEST_ATTEMPT_TIMEOUT_SECONDS = 10

# When more than half of a fleet fails at once, the check or something that all depend on is likelier broken than the
# instances, and replacing them would turn a disturbance into an outage
# (wellarchitected/latest/reliability-pillar/rel_withstand_component_failures_failover2good.html).
HEALTH_MAXIMUM_UNHEALTHY_PERCENT = 50

# --- Applications to try things out with ---

# As load balancers expect them.
SAMPLE_HTTP_PORT = 8_080
SAMPLE_HTTPS_PORT = 8_443

# Longer than the longest request that they serve (30 s).
SAMPLE_GRACE_SECONDS = 35

# A day: a visitor who comes back in the evening finds the cart of the morning.
SESSION_SECONDS = 86_400
# As long as a load balancer keeps somebody on an instance
# (elasticloadbalancing/latest/application/edit-target-group-attributes.html).
LONGEST_SESSION_SECONDS = 604_800

# Valkey's, Redis's and ElastiCache's own.
CACHE_PORT = 6_379

# It signs carts with SHA-256, whose key is as long as what it gives at least (RFC 2104).
COOKIE_KEY_LENGTH = 64
