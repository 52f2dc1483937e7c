#!/bin/bash
# Installs the shop on Amazon Linux 2023 and starts it. Run as root, once, from where the asset was unpacked:
#   bash /opt/my_clothes/my_clothes/install.sh
# Expects /etc/my_clothes.env: the variables of README.md, and OPTIONS with those of the command line.
set -euo pipefail

home=/opt/my_clothes
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
again dnf install --assumeyes --quiet python3.14 python3.14-pip
python3.14 -m venv venv

# Only wheels, and only those whose hashes are known. From PyPI or whatever PIP_INDEX_URL names; or, where the asset
# brings a wheelhouse (`pip download`, see docs/decisions/worker-packaging.md), from nowhere else.
sources=()
if [ -d wheelhouse ]; then
  sources=(--no-index --find-links wheelhouse)
fi
again venv/bin/pip install --quiet --disable-pip-version-check --no-deps --only-binary :all: --require-hashes \
  "${sources[@]}" --requirement my_clothes/wheels.txt
venv/bin/python -m compileall -q . || true

install -m 0644 my_clothes/my_clothes.service /etc/systemd/system/my_clothes.service
systemctl daemon-reload
systemctl enable --now my_clothes
