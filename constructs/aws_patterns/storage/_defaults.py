"""Opinions about storage, each with its reason and its source. Plain numbers: a CDK object here would start Node."""

from __future__ import annotations

# --- Buckets ---------------------------------------------------------------------------------------------------------

# What somebody deletes or writes over by mistake is missed within weeks.
# AmazonS3/latest/userguide/lifecycle-configuration-examples.html
EARLIER_VERSION_DAYS = 30
# S3 keeps, and charges for, the parts of an upload that nobody ended.
# AmazonS3/latest/userguide/mpu-abort-incomplete-mpu-lifecycle-config.html
UNFINISHED_UPLOAD_DAYS = 7
# A quarter: long enough to look into what is noticed late.
ACCESS_LOG_DAYS = 90
LONGEST_DAYS = 36_500

# S3 moves to infrequent access what is at least so old; the class is charged for as many days.
# AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html
SHORTEST_BEFORE_INFREQUENT_ACCESS_DAYS = 30
# "Immediately for 60 days, then within hours", and what can be made again for as long.
SCENARIO_DAYS = 60
ARCHIVE_DAYS = 180
# "Deleted files immediately for 30 days, and within 48 hours for a year."
DELETED_AT_ONCE_DAYS = 30
DELETED_KEPT_DAYS = 365

# --- Replication of buckets ------------------------------------------------------------------------------------------

# The only threshold that S3 knows (AmazonS3/latest/API/API_ReplicationTimeValue.html).
REPLICATION_MINUTES = 15
# In minutes: S3 publishes at best effort, and one look may be late itself.
LATE_PERIODS = 5
# Most objects with time control (AmazonS3/latest/userguide/replication-time-control.html).
REPLICATION_USUAL_SECONDS = 15
# Without it large objects take "up to several hours" (AmazonS3/latest/userguide/replication-troubleshoot.html).
REPLICATION_SLOW_HOURS = 6
# Until somebody has decided, and has told those who read of the other bucket: an estimate.
SWITCH_USUAL_MINUTES, SWITCH_WORST_MINUTES = 5, 60
# Each takes nearly a thousand of the 10,240 letters that the policies of one role may have
# (IAM/latest/UserGuide/reference_iam-quotas.html), and nobody has shown a need for more.
MOST_REPLICAS = 10
# One call to the other Region, and a quarter of a minute for a role to be known everywhere.
REPLICATION_BACK_TIMEOUT_SECONDS = 60
# The function's time twice: Lambda tries again what ended without an answer.
REPLICATION_BACK_PATIENCE_SECONDS = 180

# --- Shared file systems ---------------------------------------------------------------------------------------------

# As EFS's console has it: cheaper from the 31st day without a read, and back at the first one, so that only the first
# read is slow (efs/latest/ug/lifecycle-management-efs.html).
INFREQUENT_ACCESS_DAYS = 30
LIFECYCLE_DAYS = (1, 7, 14, 30, 60, 90, 180, 270, 365)

# AWSCloudFormation/latest/TemplateReference/aws-resource-efs-filesystem.html, ProvisionedThroughputInMibps.
LEAST_PROVISIONED_MIB = 1
MOST_PROVISIONED_MIB = 3414

# efs/latest/ug/efs-access-points.html and limits.html: 1,000 on a file system, a root up to four folders deep.
MOST_ACCESS_POINTS = 1000
LONGEST_ACCESS_POINT_PATH = 100
DEEPEST_ACCESS_POINT = 4
# The first ordinary user of Amazon Linux, so that nobody needs to be root.
POSIX_ID = 1000
LARGEST_POSIX_ID = 4_294_967_295
# The owner does what it likes, its group reads, the rest sees nothing.
FOLDER_PERMISSIONS = "750"
FOLDER_PATH = "/files"
MOUNT_PATH = "/mnt/files"

# Three minutes: a mount target's name is known 90 seconds after it was made
# (efs/latest/ug/mounting-fs-mount-cmd-dns-name.html), and permissions take a while to be known everywhere.
MOUNT_ATTEMPTS = 36
MOUNT_PAUSE_SECONDS = 5

# As CloudWatch recommends: a quarter of an hour (AmazonCloudWatch/latest/monitoring/
# Best_Practice_Recommended_Alarms_AWS_Services.html); a little below the limit itself, while there is room.
IO_LIMIT_PERCENT = 95
FILE_ALARM_MINUTES = 15
# What an hour at 100 MiB/s takes, to which the smallest file system bursts (efs/latest/ug/performance.html).
BURST_CREDIT_BYTES = 100 * 1024 * 1024 * 3600
# Twice the recovery point that AWS gives most file systems: 15 minutes
# (aws.amazon.com/blogs/aws/new-replication-for-amazon-elastic-file-system-efs).
FILE_REPLICATION_POINT_MINUTES = 15
FILE_REPLICATION_BEHIND_SECONDS = 30 * 60

# AWS Backup's own plan for EFS: once a day, kept for 35 days (efs/latest/ug/awsbackup.html). How long it takes to bring
# one back depends on how much there is: an estimate.
FILE_BACKUP_HOURS = 24
FILE_RESTORE_HOURS = (1, 24)
