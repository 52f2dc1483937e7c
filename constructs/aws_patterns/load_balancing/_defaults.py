"""The opinions of the load balancing patterns. Plain numbers: a CDK object here would start Node at import."""

# --- Application Load Balancer -----------------------------------------------------------------------------------

# TLS 1.3 and 1.2 with ciphers that keep past traffic secret, and key exchange that withstands a quantum computer where
# the client knows it: what AWS recommends and its console chooses
# (elasticloadbalancing/latest/application/describe-ssl-policies.html).
TLS_POLICY = "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09"

# One that a listener has by default and 25 more (elasticloadbalancing/latest/application/load-balancer-limits.html).
MAXIMUM_CERTIFICATES = 26

HTTP_PORT = 80
HTTPS_PORT = 443

# Above 1023, so that the application needs no privileges to listen.
TARGET_HTTP_PORT = 8080
TARGET_HTTPS_PORT = 8443

# Connections of idle clients end before they meet a load balancer node that has left a bad zone: AWS keeps them for an
# hour (elasticloadbalancing/latest/application/edit-load-balancer-attributes.html).
CLIENT_KEEP_ALIVE_SECONDS = 180
IDLE_TIMEOUT_SECONDS = 60

# Long enough to look into last month's incident.
ACCESS_LOG_RETENTION_DAYS = 30

# Half of a security group's rules: there may be two listeners (vpc/latest/userguide/amazon-vpc-limits.html).
ALLOWED_CIDRS = 30

# --- Target groups ------------------------------------------------------------------------------------------------

# A failed instance is out after 30 s; AWS's 30 s x 2 takes twice as long
# (elasticloadbalancing/latest/application/target-group-health-checks.html).
HEALTH_CHECK_PATH = "/health"
HEALTH_CHECK_CODES = "200-399"
HEALTH_CHECK_INTERVAL_SECONDS = 10
HEALTH_CHECK_TIMEOUT_SECONDS = 5
HEALTHY_THRESHOLD = 2
UNHEALTHY_THRESHOLD = 3

# Web requests end within seconds: AWS's 300 s only make every replacement slower
# (elasticloadbalancing/latest/application/edit-target-group-attributes.html#deregistration-delay).
DEREGISTRATION_DELAY_SECONDS = 30

# A new instance with cold caches gets its share of the requests gradually.
SLOW_START_SECONDS = 30

# A Region in which every second target fails breaks under its load: another one should serve, where there is one.
DNS_FAILOVER_PERCENT = 50

# A day, as AWS has it.
STICKINESS_SECONDS = 86_400
LONGEST_STICKINESS_SECONDS = 604_800

# --- Content routing ----------------------------------------------------------------------------------------------

# elasticloadbalancing/latest/application/load-balancer-limits.html; of the wildcards it says six, and
# rule-condition-types.html five.
RULES_PER_LOAD_BALANCER = 100
VALUES_PER_RULE = 5
WILDCARDS_PER_RULE = 5
TARGET_GROUPS_PER_ACTION = 5
LONGEST_CONDITION_VALUE = 128
LONGEST_HEADER_NAME = 40
LONGEST_METHOD = 40
LARGEST_WEIGHT = 999
LONGEST_FIXED_BODY = 1024
LAST_PRIORITY = 50_000


# --- Monitoring ---------------------------------------------------------------------------------------------------

# A page is made of several requests one after the other, and a person's thought stays with it for about a second.
# The slowest per cent is where overload shows first (wellarchitected/latest/performance-efficiency-pillar/
# perf_process_culture_metrics.html): three times as much is still an answer, beyond it people try again.
P95_SECONDS = 1.0
P99_SECONDS = 3.0

# Far above what restarts and deployments cause in a fleet that drains, far below what a failing release causes.
ERROR_PERCENT = 5.0

# In a minute with fewer requests, one that failed is a large part of them.
MINIMUM_REQUESTS_PER_MINUTE = 20

# Three bad minutes out of five: a single one is noise, and the newest minute is often still being counted
# (AmazonCloudWatch/latest/monitoring/alarm-evaluation.html).
BAD_MINUTES = 3
OF_MINUTES = 5

# Longer than a fleet takes to replace an instance; what is unhealthy for longer is not mending itself.
UNHEALTHY_MINUTES = 5

# A peak passes sooner; a fleet that stays at its maximum can't follow the next one.
AT_MAXIMUM_MINUTES = 30

# The internet always holds some clients that try protocols of the past, or nothing but whether a port is open.
TLS_ERROR_PERCENT = 10.0

# What rolls a deployment back must be seen while it goes on, which takes minutes.
ROLLBACK_BAD_MINUTES = 2

# A host is unhealthy while it boots, and a deployment lets a tenth of a fleet boot at a time: what counts is a share
# that stays for as long as a new host may take
# (elasticloadbalancing/latest/application/target-group-health-checks.html).
ROLLBACK_UNHEALTHY_PERCENT = 10


# --- Weighted fleets ----------------------------------------------------------------------------------------------

# How much worse than the other colour one may be before somebody should look: per cent of its requests that fail more
# than the other's do, and times the other's latency, where that is long enough to be felt.
COLOUR_ERROR_PERCENT = 2.0
COLOUR_LATENCY_FACTOR = 1.5
COLOUR_LATENCY_SECONDS = 0.1

# --- Network Load Balancer ----------------------------------------------------------------------------------------

# Each zone takes an Elastic IP for the load balancer and one for its NAT gateway, and an account has five in a Region
# until it asks for more: with three zones a first deployment would fail
# (vpc/latest/userguide/amazon-vpc-limits.html).
NETWORK_FLEET_ZONES = 2

# Connections here last longer than a request: time to say goodbye, and no more, as every replacement waits for it, and
# as a Spot instance that is taken back has two minutes.
NETWORK_DEREGISTRATION_DELAY_SECONDS = 90

# The loss of one of two zones doubles what the instances of the other one do.
NETWORK_CPU_PERCENT = 50

# AWS's own (elasticloadbalancing/latest/network/update-idle-timeout.html).
TCP_IDLE_SECONDS = 350

# Quotas of one load balancer and of one security group (elasticloadbalancing/latest/network/load-balancer-limits.html,
# vpc/latest/userguide/amazon-vpc-limits.html).
NETWORK_LISTENERS = 50
SECURITY_GROUP_RULES = 60

# Services end a connection by a reset too; where every fifth one ends so, something is wrong behind it.
TARGET_RESET_PERCENT = 20.0
MINIMUM_FLOWS_PER_MINUTE = 20

# --- Web tier -----------------------------------------------------------------------------------------------------

# As much again is there while further instances start, and when a zone with its share of them is lost
# (autoscaling/ec2/userguide/as-scaling-target-tracking.html).
TIER_CPU_PERCENT = 50

# A Spot instance is taken back two minutes after it was told; to notice and to deregister takes some of them
# (AWSEC2/latest/UserGuide/spot-instance-termination-notices.html).
SPOT_DEREGISTRATION_DELAY_SECONDS = 90
