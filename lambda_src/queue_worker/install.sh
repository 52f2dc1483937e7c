#!/bin/bash
# Installs the worker on Amazon Linux 2023 and starts it. Run as root, once, from where the asset was unpacked:
#   bash /opt/queue_worker/queue_worker/install.sh
# Expects /etc/worker-pool.env. LOG_GROUP in it has the log, and with it the metrics, sent to CloudWatch.
set -euo pipefail

home=/opt/queue_worker
cd "$home"

again() {
  # A repository that does not answer at once must not cost an instance.
  for pause in 5 15 30 60; do
    if "$@"; then return; fi
    sleep "$pause"
  done
  "$@"
}

# AL2023's own repositories: reached through a gateway endpoint for S3 as well, without the internet.
again dnf install --assumeyes --quiet python3.14 python3.14-pip logrotate
python3.14 -m venv venv

# Only wheels, and only those whose hashes are known. From PyPI or whatever PIP_INDEX_URL names; or, where the asset
# brings a wheelhouse (`pip download`, see docs/decisions/worker-packaging.md), from nowhere else.
sources=()
if [ -d wheelhouse ]; then
  sources=(--no-index --find-links wheelhouse)
fi
for wheels in */wheels.txt; do
  again venv/bin/pip install --quiet --disable-pip-version-check --no-deps --only-binary :all: --require-hashes \
    "${sources[@]}" --requirement "$wheels"
done
venv/bin/python -m compileall -q . || true

# Opened by systemd, so the worker itself needs no right to it.
install -d -m 0755 /var/log/queue_worker
cat > /etc/logrotate.d/queue_worker <<'ROTATION'
/var/log/queue_worker/*.log {
  size 50M
  rotate 3
  missingok
  notifempty
  copytruncate
}
ROTATION
# Amazon Linux looks once a day; a busy worker writes more.
install -d /etc/systemd/system/logrotate.timer.d
printf '[Timer]\nOnCalendar=\nOnCalendar=hourly\nRandomizedDelaySec=5m\n' \
  > /etc/systemd/system/logrotate.timer.d/hourly.conf

install -m 0644 queue_worker/queue_worker.service /etc/systemd/system/queue_worker.service
systemctl daemon-reload
systemctl enable --now logrotate.timer
systemctl enable --now queue_worker

log_group=$(sed -n 's/^LOG_GROUP="\{0,1\}\([^"]*\)"\{0,1\}$/\1/p' /etc/worker-pool.env)
if [ -n "$log_group" ]; then
  again dnf install --assumeyes --quiet amazon-cloudwatch-agent
  agent=/opt/aws/amazon-cloudwatch-agent
  # Metrics are in the log, in CloudWatch's embedded format.
  cat > "$agent/etc/queue_worker.json" <<CONFIGURATION
{"logs": {"logs_collected": {"files": {"collect_list": [{
  "file_path": "/var/log/queue_worker/worker.log",
  "log_group_name": "$log_group",
  "log_stream_name": "{instance_id}"
}]}}}}
CONFIGURATION
  "$agent/bin/amazon-cloudwatch-agent-ctl" -a append-config -m ec2 -s -c "file:$agent/etc/queue_worker.json"
fi
