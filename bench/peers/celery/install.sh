#!/usr/bin/env bash
# Installs what the comparison with Celery runs on: what requirements.txt pins, into .venv beside this file.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

if [ ! -e .venv/installed ] || [ requirements.txt -nt .venv/installed ]; then
    python3 -m venv .venv
    .venv/bin/pip install --quiet --disable-pip-version-check --requirement requirements.txt
    touch .venv/installed
fi
