#!/usr/bin/env bash
# Installs what the benchmark needs: Postgres, Redis and the languages of the peers as Debian's packages, and then each
# peer with what it pins.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

missing=()

has_postgres() {
    command -v initdb >/dev/null && command -v postgres >/dev/null && return
    compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null
}

has_venv() {
    command -v python3 >/dev/null && python3 -c 'import ensurepip, venv' 2>/dev/null
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo -n "$@"; fi
}

has_postgres || missing+=(postgresql)
command -v redis-server >/dev/null || missing+=(redis-server)
command -v setpriv >/dev/null || missing+=(util-linux)
has_venv || missing+=(python3 python3-venv)
command -v nginx >/dev/null && [ -e /usr/lib/nginx/modules/ngx_nchan_module.so ] || missing+=(nginx-light libnginx-mod-nchan)
dpkg -s ejabberd erlang-p1-pgsql >/dev/null 2>&1 || missing+=(ejabberd erlang-p1-pgsql)
dpkg -s prosody lua-dbi-postgresql >/dev/null 2>&1 || missing+=(prosody lua-dbi-postgresql)
command -v node >/dev/null || missing+=(nodejs)
command -v npm >/dev/null || missing+=(npm)

if [ "${#missing[@]}" -gt 0 ]; then
    if ! command -v apt-get >/dev/null || ! as_root true 2>/dev/null; then
        echo "The benchmark needs: ${missing[*]}" >&2
        exit 1
    fi
    echo "Installing what the benchmark needs: ${missing[*]}"
    # Runlevel 1 keeps Debian from starting the servers: each run starts its own.
    as_root apt-get update -qq
    as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -qq -y --no-install-recommends "${missing[@]}"
fi

# What package-lock.json names does not run on older ones; Debian has it since version 13.
if ! node -e 'const [major, minor] = process.versions.node.split(".").map(Number); process.exit(major > 20 || (major === 20 && minor >= 9) ? 0 : 1)'; then
    echo "The benchmark needs Node.js 20.9 or later, and this is $(node --version)" >&2
    exit 1
fi

for peer in peers/*/; do
    "$peer/install.sh"
done
