#!/usr/bin/env bash
# Installs a Node.js for the peers beside this file, with npm, where that of the machine is too old for what their
# package-lock.json name: Debian's is before version 13.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

is_enough() {
    "$1" -e 'const [major, minor] = process.versions.node.split(".").map(Number); process.exit(major > 20 || (major === 20 && minor >= 9) ? 0 : 1)'
}

is_enough node && exit
if [ ! -e node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
    npm ci --ignore-scripts --no-audit --no-fund --silent
    # Older ones of npm make this link only together with running scripts of packages.
    mkdir -p node_modules/.bin
    for program in node_modules/node-linux-*/bin/node; do
        ln -sf "../${program#node_modules/}" node_modules/.bin/node
    done
    touch node_modules/.package-lock.json
fi
if ! is_enough node_modules/.bin/node; then
    echo "The benchmark needs Node.js 20.9 or later; this is $(node --version), and none can be had for $(uname -m)" >&2
    exit 1
fi
