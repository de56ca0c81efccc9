#!/usr/bin/env bash
# Fails when docs/openapi.json or docs/asyncapi.json is not what the server says about itself.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

fresh=$(mktemp)
trap 'rm -f "$fresh"' EXIT

stale=0
for document in openapi asyncapi; do
    "${CARGO_TARGET_DIR:-target}/debug/plaza" "$document" >"$fresh"
    if ! diff -u "docs/$document.json" "$fresh"; then
        echo "docs/$document.json is stale: run \`make $document\` and commit it." >&2
        stale=1
    fi
done
exit "$stale"
