"""Opinions about disaster recovery, each with its reason and its source. Plain numbers: no CDK object belongs here."""

from __future__ import annotations

# --- Strategies ------------------------------------------------------------------------------------------------------

# Of a warm standby: less is nothing that works, and more is what MultiSite pays for and uses.
LEAST_STANDBY_FRACTION, MOST_STANDBY_FRACTION = 0.05, 0.95

# --- Choosing a strategy: how long each link of a recovery takes, by AWS or by estimate ------------------------------

# The watch asks once a minute, which is as often as EventBridge Scheduler calls
# (scheduler/latest/UserGuide/schedule-types.html), and one failure is no outage.
WATCH_SECONDS = 60
WATCH_FAILURES = 3
# Route 53 asks every 30 or 10 seconds, and 3 answers in a row are its own default
# (Route53/latest/APIReference/API_HealthCheckConfig.html).
CHECK_INTERVALS_SECONDS = (10, 30)
CHECK_INTERVAL_SECONDS = 30
CHECK_FAILURES = 3
MOST_CHECK_FAILURES = 10
# Of alias records of load balancers and APIs, and what AWS recommends with health checks
# (Route53/latest/DeveloperGuide/resource-record-sets-choosing-alias-non-alias.html).
RECORD_TTL_SECONDS = 60
LONGEST_TTL_SECONDS = 172_800
# Until somebody has been told, has looked and has decided: an estimate, which a drill shows to be right or wrong.
DECISION_SECONDS = 15 * 60
LONGEST_DECISION_SECONDS = 86_400
# A Region that answers is fenced at once; one that does not is asked for FENCE_TIMEOUT_SECONDS.
FENCE_USUAL_SECONDS = 5
# Several good answers in a row.
HEALTH_SECONDS = (10, 60)
# The switch reads the table at every request.
SWITCH_SECONDS = (1, 2)
# Default instance warm-up (autoscaling/ec2/userguide/ec2-auto-scaling-default-instance-warmup.html); Lambda starts a
# thousand environments every ten seconds (lambda/latest/dg/scaling-behavior.html), and a cold start takes a while.
FLEET_START_SECONDS = 300
FUNCTION_START_SECONDS = 30
# AWS names no fraction: a quarter of the users, or half of them, are served while the rest of the capacity starts.
STANDBY_FRACTIONS = (0.25, 0.5)

# AuroraUserGuide/aurora-global-database-disaster-recovery.html: minutes.
AURORA_PROMOTION_SECONDS = (60, 600)
# "A few minutes", with a restart (AmazonRDS/latest/UserGuide/USER_ReadRepl.Promote.html); longer for large ones.
DATABASE_PROMOTION_SECONDS = (300, 900)
# AWS promises no bound; so late is what an alarm on ReplicaLag allows.
DATABASE_LAG_SECONDS = (5, 300)
# 95 % of all restores take less than an hour; the time grows with size and partitions, and nothing bounds it
# (amazondynamodb/latest/developerguide/backuprestore_HowItWorksAWS.html).
TABLE_RESTORE_SECONDS = (1_800, 3_600)
# What a database of some size takes to come back from a snapshot: an estimate, to be measured by restore tests.
DATABASE_RESTORE_SECONDS = (3_600, 14_400)
# From the beginning of a backup until its copy is in the other Region: an estimate.
BACKUP_COPY_SECONDS = (1_200, 3_600)
# A week: who loses a Region wants the last one, and what is noticed late is what table and bucket keep themselves.
BACKUP_KEPT_DAYS = 7

# US dollars for a GiB and month in us-east-1, list prices: to compare strategies with each other, not to plan a bill
# (aws.amazon.com/dynamodb/pricing, /s3/pricing, /rds/aurora/pricing, /rds/postgresql/pricing, /backup/pricing).
STORAGE_PRICES = {"table": 0.25, "bucket": 0.023, "aurora": 0.10, "database": 0.115}
BACKUP_PRICES = {"table": 0.10, "bucket": 0.023, "aurora": 0.021, "database": 0.095}
# Backups of a DynamoDB table are full ones (aws-backup/latest/devguide/backup-feature-availability.html); others hold
# what has changed since the last: so much of it in a day, by estimate.
DAILY_CHANGE = 0.05

# --- State, traffic switch and registration --------------------------------------------------------------------------

# Two reads of a table in the same Region; what takes longer is better asked again by whoever asked.
SWITCH_TIMEOUT_SECONDS = 10
# Fifteen health checkers every ten seconds are two requests a second; the rest is for users where there is no domain.
# Far below an account's 10,000 in a Region (apigateway/latest/developerguide/limits.html).
SWITCH_THROTTLE_RATE = 200
SWITCH_THROTTLE_BURST = 400
# A permission of a moment ago is waited for up to 15 seconds, and CloudFormation's mailbox as long.
REGISTRATION_TIMEOUT_SECONDS = 60
# The function's time twice, for one that was started twice.
REGISTRATION_PATIENCE_SECONDS = 180

# --- Front door: records and health checks ---------------------------------------------------------------------------

# Of the body that is searched for a text
# (Route53/latest/DeveloperGuide/dns-failover-determining-health-of-endpoints.html).
SEARCHED_BYTES = 5_120
LONGEST_SEARCHED_TEXT = 255
# Checkers of fewer Regions Route 53 does not take (Route53/latest/APIReference/API_HealthCheckConfig.html).
FEWEST_CHECKER_REGIONS = 3
MOST_CHILD_CHECKS = 256
# Route53/latest/DeveloperGuide/resource-record-sets-values-weighted.html
MOST_WEIGHT = 255
# Route53/latest/DeveloperGuide/routing-policy-geoproximity.html
MOST_BIAS = 99

# --- The sample workload ---------------------------------------------------------------------------------------------

# Enough for some hundred requests a second, and little of the thousand that an account has.
ORDERS_CONCURRENCY = 20
# A hundred of the thousand stay with functions that reserve none (lambda/latest/dg/configuration-concurrency.html).
ORDERS_MOST_CONCURRENCY = 900
ORDERS_THROTTLE_RATE = 100
ORDERS_THROTTLE_BURST = 200
# What an account has in a Region, for all its APIs (apigateway/latest/developerguide/limits.html).
ORDERS_MOST_REQUESTS = 10_000
# Of the 63 letters of a bucket's name ``-documents-``, the account and the longest Region take 38.
ORDERS_LONGEST_NAME = 25
# API Gateway gives up after 30 s; a caller gives up sooner. Leaves room for one retry of each of two calls.
ORDERS_TIMEOUT_SECONDS = 20

# --- Backups ---------------------------------------------------------------------------------------------------------

# AWS Backup begins a rule's backups once an hour at most, and within a window of an hour at least
# (aws-backup/latest/devguide/plan-options-and-configuration.html).
BACKUP_EVERY_HOURS = 24
BACKUP_HOURS = (1, 2, 3, 4, 6, 8, 12, 24)
BACKUP_AT_HOUR = 3
BACKUP_START_MINUTES = 60
SHORTEST_BACKUP_START_MINUTES = 60
# What has not ended then is reported; AWS's own default, a week, would hide it for so long.
BACKUP_COMPLETE_MINUTES = 12 * 60
# AWS allows more; what may take longer than a hundred days is a mistake in the unit.
LONGEST_BACKUP_MINUTES = 100 * 24 * 60
# Five weeks, AWS Backup's own default plan (aws-backup/latest/devguide/create-a-scheduled-backup.html).
BACKUP_KEEP_DAYS = 35
LONGEST_BACKUP_DAYS = 36_500
# What gets cold is charged for 90 days (aws-backup/latest/devguide/API_Lifecycle.html).
COLD_STORAGE_DAYS = 90
# aws-backup/latest/devguide/vault-lock.html: a lock of compliance mode can be taken off for three days at least.
VAULT_LOCK_GRACE_DAYS = 3
# aws-backup/latest/devguide/API_CreateBackupVault.html
LONGEST_VAULT_NAME = 50
# An opinion: nobody has shown a need for more.
MOST_BACKUP_COPIES = 5
# ARNs of one selection (aws-backup/latest/devguide/assigning-resources.html).
MOST_BACKED_UP = 500
# As often as AWS Backup publishes its own metrics would not help: backups come once an hour at most.
RECOVERY_POINT_LOOK_MINUTES = 15
RECOVERY_POINT_WATCH_TIMEOUT_SECONDS = 120
# A backup that was asked for now, begun an hour later and copied in another hour is no older than this.
BACKUP_LATE_HOURS = 3
LONGEST_LATE_HOURS = 168
# Nothing is backed up less often than once a day here, and alarms look back a week at most.
OLDEST_RECOVERY_POINT_HOURS = 24 * 40
# Deleting is only asked for and ends in the background: what is left of Lambda's longest time is for looking.
VAULT_EMPTYING_TIMEOUT_SECONDS = 600
VAULT_EMPTYING_PATIENCE_SECONDS = 1_500
BACKUP_METRIC_NAMESPACE = "AwsPatterns/Backups"

# --- Restore tests ---------------------------------------------------------------------------------------------------

# Once a week, after the backups of the night: each test costs a restore and what it stores meanwhile.
RESTORE_TEST_HOUR = 5
RESTORE_TEST_WEEKDAY = "SUN"
RESTORE_TEST_START_HOURS = 8
LONGEST_RESTORE_TEST_START_HOURS = 168
# What has not been judged then is deleted all the same.
RESTORE_TEST_VALIDATION_HOURS = 4
LONGEST_VALIDATION_HOURS = 168
# AWS Backup's own default. The youngest one is tested: how old it may be, ``RecoveryPointWatch`` says
# (aws-backup/latest/devguide/API_RestoreTestingRecoveryPointSelection.html).
RESTORE_TEST_WINDOW_DAYS = 30
LONGEST_RESTORE_TEST_WINDOW_DAYS = 365
# Of a strategy: backups are a day apart at most, and tables that a failback has left are tested no longer than that.
TESTED_COPIES_DAYS = 8
# As many are read on both sides, well within the function's quarter of an hour.
COMPARED_ITEMS = 1_000
MOST_COMPARED_ITEMS = 20_000
RESTORE_VALIDATION_TIMEOUT_SECONDS = 900
# Of the originals: what has changed since the backup is told from what the backup spoiled by this share alone, where
# items don't say when they were written.
LEAST_IDENTICAL_PERCENT = 90
# A week and a day: one test that never came.
RESTORE_TEST_SILENCE_DAYS = 8
# AWS Backup forgets jobs after 30 days (aws-backup/latest/devguide/API_ListRestoreJobs.html).
LONGEST_SILENCE_DAYS = 28
RESTORE_TEST_LOOK_HOURS = 6
RESTORE_TEST_PREFIX = "awsbackup-restore-test-"

# --- Runbook ----------------------------------------------------------------------------------------------------------

# A drill in working hours, every week: what nobody has done for a month is no longer known to work
# (wellarchitected/latest/reliability-pillar/rel_planning_for_recovery_dr_tested.html).
DRILL_SCHEDULE = "cron(0 9 ? * TUE *)"
DRILL_ALARM_DAYS = 30
# Until somebody has read the message and looked: as long as the longest decision that a design may plan with would make
# the recovery time whatever it is.
APPROVAL_SECONDS = 3_600
# Two calls of five seconds to each part of the lost Region, and a pause.
FENCE_TIMEOUT_SECONDS = 60
# Twice the longest promotion that AWS speaks of (AURORA_PROMOTION_SECONDS, DATABASE_PROMOTION_SECONDS).
PROMOTION_TIMEOUT_SECONDS = 1_800
# Three warm-ups of a fleet.
SCALING_TIMEOUT_SECONDS = 900
HEALTH_TIMEOUT_SECONDS = 600
# Three failed checks of 30 s, a minute of remembered names, and as much again.
FRONT_DOOR_TIMEOUT_SECONDS = 300
DATA_TIMEOUT_SECONDS = 1_800
# Eight times what DynamoDB needs for 95 % of all restores (TABLE_RESTORE_SECONDS).
RESTORE_TIMEOUT_SECONDS = 8 * 3_600
STACK_TIMEOUT_SECONDS = 3_600
UNDO_TIMEOUT_SECONDS = 120
MOVE_TIMEOUT_SECONDS = 60
LONGEST_STEP_SECONDS = 86_400
# Ten calls of the SDK to a Region that does not answer.
RUNBOOK_FUNCTION_TIMEOUT_SECONDS = 60
# All steps of the longest mode together; a run that nobody ends ends by itself.
RUN_TIMEOUT_SECONDS = 3 * 86_400
# What passes within seconds passes within these; more would only be waited for
# (step-functions/latest/dg/concepts-error-handling.html).
STEP_ATTEMPTS = 3
STEP_RETRY_SECONDS = 2
STEP_RETRY_BACKOFF = 2.0
RUNBOOK_METRIC_NAMESPACE = "AwsPatterns/Recovery"

# --- Hybrid: on premises and AWS --------------------------------------------------------------------------------------

# Users go where they have always gone; AWS is there for the day that is lost
# (whitepapers/latest/disaster-recovery-workloads-on-aws/disaster-recovery-options-in-the-cloud.html).
ON_PREMISES_WEIGHT, AWS_WEIGHT = 100, 0
# Private 16-bit numbers for who has none of their own (vpn/latest/s2svpn/cgw-options.html).
ON_PREMISES_ASN = 65_000
# AWS's own end has 64512 unless told otherwise.
AWS_ASN = 64_512
MOST_STATIC_ROUTES = 100
# DataSync starts scheduled tasks at most once an hour (datasync/latest/userguide/task-scheduling.html).
FEWEST_HOURS_BETWEEN_COPIES, MOST_HOURS_BETWEEN_COPIES = 1, 24
COPY_HOURS = 1
# A run of an hourly task that has said nothing for three hours is late.
LATE_COPIES = 3

# --- Watch ------------------------------------------------------------------------------------------------------------

# Two addresses, a call to each part of a Region that does not answer, and ten seconds for heartbeats; the next look
# comes in a minute.
WATCH_TIMEOUT_SECONDS = 55
MOST_WATCH_FAILURES = 60
# As long as nobody has looked for so long, nobody would be told of an outage either.
WATCH_SILENCE_MINUTES = 5
# Heartbeats are looked for every fifth of a second, and a single look costs a while: less is not measured.
LEAST_LAG_ALARM_SECONDS = 5
LONGEST_LAG_ALARM_SECONDS = 86_400
LAG_ALARM_MINUTES = 5
