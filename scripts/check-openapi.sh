#!/usr/bin/env bash
# Fails when docs/openapi.json is not what the server says about itself.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

fresh=$(mktemp)
trap 'rm -f "$fresh"' EXIT

"${CARGO_TARGET_DIR:-target}/debug/plaza" openapi >"$fresh"
if ! diff -u docs/openapi.json "$fresh"; then
    echo "docs/openapi.json is stale: run \`make openapi\` and commit it." >&2
    exit 1
fi
