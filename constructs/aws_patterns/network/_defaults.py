"""The opinions of the network patterns. Plain numbers: a CDK object here would start Node at import."""

# The loss of one Availability Zone costs a third of the capacity, not half, and whatever votes keeps its majority
# (wellarchitected/latest/reliability-pillar/rel_fault_isolation_multiaz_region_system.html). Two where a Region has
# no more for new accounts (us-west-1).
AVAILABILITY_ZONES = 3

# As large as a VPC gets: addresses cost nothing, and a network can't be renumbered
# (vpc/latest/userguide/vpc-cidr-blocks.html).
CIDR = "10.0.0.0/16"

# Every tier has room for this many zones, so that a zone added later moves no subnet.
ZONE_SLOTS = 4

# Sixteen slots, of which three tiers use twelve: a quarter of the network stays free unless sizes are chosen.
DEFAULT_SUBNET_BITS = 4

# What AWS allows for a VPC and for a subnet (vpc/latest/userguide/subnet-sizing.html), and what a load balancer asks
# of its subnets (elasticloadbalancing/latest/application/application-load-balancers.html).
LARGEST_PREFIX = 16
SMALLEST_PREFIX = 28
SMALLEST_PUBLIC_PREFIX = 27

# AWS keeps the first four addresses and the last one of each subnet.
ADDRESSES_KEPT_BY_AWS = 5

# Long enough to look into last month's incident; a network's flow logs are its largest log.
FLOW_LOG_RETENTION_DAYS = 30

# A network ACL holds 20 rules per direction and address family, one is AWS's own and one allows the rest
# (vpc/latest/userguide/amazon-vpc-limits.html).
DENIED_CIDRS_PER_FAMILY = 18
DENY_RULE_STEP = 100

# Behind any deny rule that there may ever be: a rule that moved would meet another on its new number during the update.
ALLOW_RULE_NUMBER = 32_000
