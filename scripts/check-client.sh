#!/usr/bin/env bash
# Generates a TypeScript client from docs/openapi.json, compiles it strictly, and uses it against a fresh server.
# Needs Node.js and npm's registry, so CI does not run it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

port="${PORT:-8099}"
url="http://127.0.0.1:$port"
work=$(mktemp -d)
"${CARGO_TARGET_DIR:-target}/debug/plaza" --listen "127.0.0.1:$port" --data-dir "$work/data" >"$work/server.log" 2>&1 &
server=$!
trap 'kill "$server"; wait "$server" || true; rm -rf "$work"' EXIT

cp docs/openapi.json scripts/client/check.ts "$work"
cd "$work"
echo '{"private": true, "type": "module"}' >package.json
npm install --silent --no-audit --no-fund openapi-typescript@7 openapi-fetch@0.17 typescript@5 @types/node@20
npx openapi-typescript openapi.json -o api.d.ts
npx tsc --strict --module nodenext --target es2022 --outDir out check.ts

curl --silent --fail --retry 20 --retry-connrefused --retry-delay 1 "$url/healthz" >/dev/null
PLAZA_URL="$url" node out/check.js
