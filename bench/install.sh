#!/usr/bin/env bash
# Installs what the benchmark needs on a Debian from version 12 on: a compiler of C, Postgres, Redis and the languages of
# the peers as Debian's packages, and then each peer with what it pins. Rust comes with rustup, which Debian has since
# version 13; before that this script only says so.
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

has_rust() {
    command -v cargo >/dev/null
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
command -v cc >/dev/null && command -v make >/dev/null || missing+=(build-essential)
# The figures say of which commit they are.
command -v git >/dev/null || missing+=(git)

if [ "${#missing[@]}" -gt 0 ]; then
    if ! command -v apt-get >/dev/null || ! as_root true 2>/dev/null; then
        echo "The benchmark needs: ${missing[*]}" >&2
        exit 1
    fi
    # Runlevel 1 keeps Debian from starting the servers: each run starts its own.
    as_root apt-get update -qq
    if ! has_rust && apt-get install --simulate rustup >/dev/null 2>&1; then missing+=(rustup); fi
    echo "Installing what the benchmark needs: ${missing[*]}"
    as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -qq -y --no-install-recommends "${missing[@]}"
fi

node/install.sh
for peer in peers/*/; do
    "$peer/install.sh"
done

if ! has_rust; then
    echo "Everything is there but Rust: https://rustup.rs installs it, Debian's own is too old" >&2
    exit 1
fi
