#!/usr/bin/env bash
# Fails when docs/openapi.json, docs/asyncapi.json or docs/permissions.md is not what the server says about itself.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

fresh=$(mktemp)
trap 'rm -f "$fresh"' EXIT

stale=0
for file in openapi.json asyncapi.json permissions.md; do
    document=${file%.*}
    "${CARGO_TARGET_DIR:-target}/debug/plaza" "$document" >"$fresh"
    if ! diff -u "docs/$file" "$fresh"; then
        echo "docs/$file is stale: run \`make $document\` and commit it." >&2
        stale=1
    fi
done
exit "$stale"
