"""The opinions of the database patterns. Plain numbers: a CDK object here would start Node at import."""

# --- Relational databases ---------------------------------------------------------------------------------------------

# The releases that have the longest time of standard support before them and years of use behind them. A major one
# only: RDS chooses the minor one and moves on from it, and no deployment asks for one that is already left behind
# (AmazonRDS/latest/PostgreSQLReleaseNotes/postgresql-release-calendar.html, UserGuide/MySQL.Concepts.VersionMgmt.html,
# UserGuide/MariaDB.Concepts.VersionMgmt.html).
POSTGRESQL_VERSION = "17"
MYSQL_VERSION = "8.4"
MARIADB_VERSION = "11.4"

# The smallest class that is not burstable, which AWS keeps for tests; Graviton for its price
# (AmazonRDS/latest/UserGuide/Concepts.DBInstanceClass.Types.html).
INSTANCE_TYPE = "m7g.large"

DATABASE_NAME = "app"
# `admin` and `root` are somebody's already on one engine or the other.
MASTER_USERNAME = "dbadmin"

# gp3: 20 GiB to 64 TiB (AmazonRDS/latest/UserGuide/CHAP_Storage.html). Ten times as much before somebody has to look is
# a year of steady growth.
STORAGE_GIB = 100
MAXIMUM_STORAGE_GIB = 1_000
SMALLEST_STORAGE_GIB = 20
LARGEST_STORAGE_GIB = 65_536
# A threshold nearer than this is refused by RDS (AmazonRDS/latest/UserGuide/USER_PIOPS.Autoscaling.html).
SMALLEST_GROWTH_PERCENT = 10

# A mistake is found after a holiday of two weeks. RDS keeps up to 35 days
# (AmazonRDS/latest/UserGuide/USER_WorkingWithAutomatedBackups.BackupRetention.html).
BACKUP_RETENTION_DAYS = 14
LONGEST_BACKUP_RETENTION_DAYS = 35

# UTC. Early in Europe, in the evening in America, and the upgrade on Sunday an hour after the backup that it may need.
BACKUP_WINDOW = "02:00-03:00"
MAINTENANCE_WINDOW = "sun:04:00-sun:05:00"
# AmazonRDS/latest/APIReference/API_CreateDBInstance.html
SHORTEST_WINDOW_MINUTES = 30
LONGEST_MAINTENANCE_WINDOW_MINUTES = 1_440

# A minute shows a storm and costs little (AmazonRDS/latest/UserGuide/USER_Monitoring.OS.html).
ENHANCED_MONITORING_SECONDS = 60
ENHANCED_MONITORING_CHOICES = (1, 5, 10, 15, 30, 60)

# What is free. 465 days, neither less nor more, turn on the Advanced mode of Database Insights
# (AmazonCloudWatch/latest/monitoring/Database-Insights.html).
INSIGHTS_DAYS = 7
INSIGHTS_ADVANCED_DAYS = 465
INSIGHTS_MONTH_DAYS = 31
LONGEST_INSIGHTS_MONTHS = 23
LONGEST_INSIGHTS_DAYS = 731

LOG_RETENTION_DAYS = 30

# AmazonRDS/latest/UserGuide/USER_ReadRepl.html: each of the three engines takes 15.
MOST_READ_REPLICAS = 15

# Storage grows by itself when a tenth is free. Half of that is free only where it can't grow, or not fast enough.
FREE_STORAGE_PERCENT = 5
FREE_STORAGE_MINUTES = 15
# A quarter of an hour above this is not a peak.
CPU_PERCENT = 90
CPU_MINUTES = 15
# Of what the engine lets in by default; what is left is for operators and for a deployment's second set.
CONNECTIONS_PERCENT = 80
# Readers that are a minute late show people what they have changed already.
REPLICA_LAG_SECONDS = 60
REPLICA_LAG_MINUTES = 5

# AWS's own recommendation for a password that programs alone use is at most 90 days; a month keeps the way well trodden
# (securityhub/latest/userguide/secretsmanager-controls.html, SecretsManager.4).
ROTATION_DAYS = 30
# secretsmanager/latest/apireference/API_RotationRulesType.html
LONGEST_ROTATION_DAYS = 1_000
# Three connections with ten seconds of patience each, and the calls of AWS.
ROTATION_TIMEOUT_SECONDS = 60

# --- DynamoDB tables --------------------------------------------------------------------------------------------------

# As much as there is: what is kept costs the same, however far back one may go
# (amazondynamodb/latest/developerguide/PointInTimeRecovery_Howitworks.html).
TABLE_RECOVERY_DAYS = 35
SHORTEST_TABLE_RECOVERY_DAYS = 1
LONGEST_TABLE_RECOVERY_DAYS = 35

# Of provisioned capacity, so much is used before there is more: capacity is added within minutes, and what is left
# over bears what comes until then (amazondynamodb/latest/developerguide/AutoScaling.html, which allows 20 to 90).
CAPACITY_TARGET_PERCENT = 70
SMALLEST_CAPACITY_TARGET_PERCENT = 20
LARGEST_CAPACITY_TARGET_PERCENT = 90

# amazondynamodb/latest/developerguide/ServiceQuotas.html
GLOBAL_INDEXES = 20
LOCAL_INDEXES = 5
PROJECTED_FIELDS = 100
LONGEST_FIELD_NAME = 255
SHORTEST_TABLE_NAME = 3
LONGEST_TABLE_NAME = 255

# The SDKs try a throttled or failed request again, ten times: a few are nobody's concern, some every few minutes are
# (amazondynamodb/latest/developerguide/Programming.Errors.html).
THROTTLES_IN_FIVE_MINUTES = 10
SYSTEM_ERRORS_IN_FIVE_MINUTES = 10

# A change is in every Region within a second as a rule, for which AWS makes no promise. A minute, five times in a row,
# is a Region that falls behind (prescriptive-guidance/latest/dynamodb-global-tables/overview.html).
USUAL_REPLICATION_SECONDS = 1
SLOW_REPLICATION_SECONDS = 60
SLOW_REPLICATION_MINUTES = 5

# --- Caches -----------------------------------------------------------------------------------------------------------

# A release behind the newest ones, so that what they broke is known. A deployment names the release, because its
# parameter group belongs to it (AmazonElastiCache/latest/dg/engine-versions.html).
VALKEY_VERSION = "8.2"
REDIS_OSS_VERSION = "7.1"
MEMCACHED_VERSION = "1.6.22"
# Serverless, somebody else takes care of what comes after the point.
VALKEY_SERVERLESS_VERSION = "8"
REDIS_OSS_SERVERLESS_VERSION = "7"
MEMCACHED_SERVERLESS_VERSION = "1.6"

# The smallest type that is not burstable: burstable ones are for work that stays below a tenth or a fifth of a core,
# which no alarm tells in time (AmazonElastiCache/latest/dg/CacheNodes.SupportedTypes.html).
CACHE_NODE_TYPE = "m7g.large"

# AmazonElastiCache/latest/dg/Replication.html: replicas of a shard; quota-limits.html: nodes of one cluster, and of
# Memcached.
CACHE_REPLICAS = 1
MOST_CACHE_REPLICAS = 5
MOST_CACHE_NODES = 500
MEMCACHED_NODES = 2
MOST_MEMCACHED_NODES = 60

# Enough for a small application's busiest hour, little enough that a mistake is no bill to remember
# (AmazonElastiCache/latest/dg/Scaling.html).
SERVERLESS_GB = 10
SERVERLESS_ECPUS = 10_000
SMALLEST_SERVERLESS_GB, LARGEST_SERVERLESS_GB = 1, 5_000
SMALLEST_SERVERLESS_ECPUS, LARGEST_SERVERLESS_ECPUS = 1_000, 15_000_000

# What a cache held yesterday warms a new one; what it held last week is of no use
# (securityhub/latest/userguide/elasticache-controls.html, ElastiCache.1). Up to 35 days
# (AmazonElastiCache/latest/dg/backups-automatic.html).
CACHE_BACKUP_RETENTION_DAYS = 1
LONGEST_CACHE_BACKUP_RETENTION_DAYS = 35
# AmazonElastiCache/latest/APIReference/API_CreateReplicationGroup.html
SHORTEST_CACHE_WINDOW_MINUTES = 60

# An engine works on one core: nine tenths of it, as AWS advises
# (AmazonElastiCache/latest/dg/CacheMetrics.WhichShouldIMonitor.html).
CACHE_CPU_PERCENT = 90
# A fifth is what a resize takes its time for, before keys are evicted or writes refused.
CACHE_MEMORY_PERCENT = 80
# Of the 65,000 clients that a node takes (AmazonElastiCache/latest/dg/ParameterGroups.Engine.html, maxclients).
MOST_CACHE_CONNECTIONS = 65_000
CACHE_CONNECTIONS = 52_000
# So much of the last changes a failover would lose.
REPLICATION_LAG_SECONDS = 10
# AmazonElastiCache/latest/dg/CacheMetrics.WhichShouldIMonitor.html: 50 MB
CACHE_SWAP_BYTES = 50_000_000
CACHE_ALARM_MINUTES = 5

# Everything that uses a cache, nothing that configures one or reads all of it (valkey.io/topics/acl). INFO is what
# clients ask for when they connect.
CACHE_ACCESS_STRING = "on ~* +@all -@admin -@dangerous +info"
# AmazonElastiCache/latest/dg/Clusters.RBAC.html: 16 to 128 characters
CACHE_PASSWORD_LENGTH = 64
CACHE_ROTATION_TIMEOUT_SECONDS = 300

# --- Aurora -----------------------------------------------------------------------------------------------------------

# By the same reasons as above; Aurora MySQL 3.10 is MySQL 8.0 to its clients, with long-term support
# (AmazonRDS/latest/AuroraPostgreSQLReleaseNotes, AuroraMySQLReleaseNotes/AuroraMySQL.Updates.LTS.html).
# Minor releases too: what serverless instances can do depends on them.
AURORA_POSTGRESQL_VERSION = "17.9"
AURORA_MYSQL_VERSION = "3.10.4"

# One reader that takes over is what makes the loss of an instance or a zone a matter of a minute
# (AuroraUserGuide/Concepts.AuroraHighAvailability.html). 15 is what Aurora has.
AURORA_READERS = 1
MOST_AURORA_READERS = 15

# Performance Insights needs 2 ACUs (AuroraUserGuide/aurora-serverless-v2.setting-capacity.html); eight times as much,
# 32 GiB, is a small application's busiest hour.
AURORA_MINIMUM_ACU = 2
AURORA_MAXIMUM_ACU = 16
# The same page: the primary Region of a global database.
GLOBAL_MINIMUM_ACU = 8
GLOBAL_MAXIMUM_ACU = 32
# AmazonRDS/latest/APIReference/API_ServerlessV2ScalingConfiguration.html
SHORTEST_PAUSE_SECONDS = 300
LONGEST_PAUSE_SECONDS = 86_400

# Memory-optimised, as AWS recommends for production, and as a global database needs
# (AuroraUserGuide/Concepts.DBInstanceClass.Types.html).
AURORA_INSTANCE_TYPE = "r7g.large"

# Half of a reader's processor is room for the readers of a zone that is lost; the cooldowns are Application Auto
# Scaling's own for Aurora (AuroraUserGuide/Aurora.Integrating.AutoScaling.html).
AURORA_READER_CPU_PERCENT = 60
AURORA_READER_COOLDOWN_SECONDS = 300

# A day: a mistake is noticed on the same day, or it is a matter for the backups. 72 hours are Aurora's limit
# (AuroraUserGuide/AuroraMySQL.Managing.Backtrack.html).
BACKTRACK_HOURS = 24
LONGEST_BACKTRACK_HOURS = 72

# A tenth of the connections is left for operators and for what connects directly; the rest are RDS Proxy's own defaults
# (AuroraUserGuide/rds-proxy-connections.html, APIReference/API_ConnectionPoolConfiguration.html).
PROXY_CONNECTIONS_PERCENT = 90
PROXY_BORROW_TIMEOUT_SECONDS = 120
LONGEST_BORROW_TIMEOUT_SECONDS = 300
PROXY_IDLE_SECONDS = 1_800
SHORTEST_PROXY_IDLE_SECONDS = 60
LONGEST_PROXY_IDLE_SECONDS = 28_800

# A serverless instance at its maximum no longer grows; less memory than this, and the engine is restarted for want of
# it; readers share their storage with the writer and are some 100 ms late (AuroraUserGuide/Aurora.Replication.html).
AURORA_ACU_PERCENT = 90
AURORA_FREE_MEMORY_MIB = 256
AURORA_FREE_LOCAL_STORAGE_GIB = 5
AURORA_REPLICA_LAG_MILLISECONDS = 2_000
AURORA_ALARM_MINUTES = 15

# AWS speaks of less than a second, and of data loss in seconds
# (AuroraUserGuide/aurora-global-database-disaster-recovery.html).
GLOBAL_LAG_SECONDS = 10
# The same page: what PostgreSQL's rds.global_db_rpo takes.
SHORTEST_GLOBAL_LOSS_SECONDS = 20
LONGEST_GLOBAL_LOSS_SECONDS = 2_147_483_647
# AuroraUserGuide/aurora-global-database.configuration.requirements.html
MOST_SECONDARY_REGIONS = 10
MOST_SECONDARY_INSTANCES = 16
# One takes over, and another one in another zone is then what a reader is anywhere.
SECONDARY_INSTANCES = 2
