#!/usr/bin/env bash
# Installs what the comparison with BullMQ runs on: what package-lock.json names. `npm ci` refuses a lock file without
# the builds for other systems, which are optional.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
# The benchmark's own Node.js, where the machine's is too old.
PATH="$PWD/../../node/node_modules/.bin:$PATH"

if [ ! -e node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
    npm install --ignore-scripts --no-save --no-audit --no-fund --silent
    touch node_modules/.package-lock.json
fi
