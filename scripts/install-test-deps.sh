#!/usr/bin/env bash
# Makes sure that the tests find a Postgres and a Redis: given by the environment, from a Docker engine, or as programs
# of this machine, which are installed with apt-get where that is possible. And a clamd, an aiosmtpd and a Node.js, as
# programs of this machine, with the OpenID provider that runs on it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

missing=()

has_docker() {
    command -v docker >/dev/null && timeout 10 docker version --format '{{.Server.Version}}' >/dev/null 2>&1
}

has_postgres() {
    command -v initdb >/dev/null && command -v postgres >/dev/null && return
    compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null
}

has_clamd() {
    command -v clamd >/dev/null || [ -x /usr/sbin/clamd ]
}

has_aiosmtpd() {
    /usr/bin/python3 -c "import aiosmtpd" 2>/dev/null || python3 -c "import aiosmtpd" 2>/dev/null
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo -n "$@"; fi
}

if ! has_docker; then
    if [ -z "${PLAZA_TEST_REDIS_URL:-}" ] && ! command -v redis-server >/dev/null; then
        missing+=(redis-server)
    fi
    if [ -z "${PLAZA_TEST_DATABASE_URL:-}" ] && ! has_postgres; then
        missing+=(postgresql)
    fi
fi
if ! has_clamd; then
    missing+=(clamav-daemon)
fi
if ! has_aiosmtpd; then
    missing+=(python3-aiosmtpd)
fi
if ! command -v setpriv >/dev/null; then
    missing+=(util-linux)
fi
if ! command -v node >/dev/null; then
    missing+=(nodejs)
fi
if ! command -v npm >/dev/null; then
    missing+=(npm)
fi

# What package-lock.json names, and nothing newer. No scripts of packages are run.
install_modules() {
    local folder=tests/oidc-provider
    if [ ! -e "$folder/node_modules/.package-lock.json" ] \
        || [ "$folder/package-lock.json" -nt "$folder/node_modules/.package-lock.json" ]; then
        echo "Installing the OpenID provider for tests"
        npm ci --prefix "$folder" --ignore-scripts --no-audit --no-fund --silent
        touch "$folder/node_modules/.package-lock.json"
    fi
}

if [ "${#missing[@]}" -eq 0 ]; then
    install_modules
    exit 0
fi

if command -v apt-get >/dev/null && as_root true 2>/dev/null; then
    echo "Installing what the tests need: ${missing[*]}"
    # Runlevel 1 keeps Debian from starting the servers: the tests start their own.
    export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1
    as_root apt-get update -qq
    as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -qq -y --no-install-recommends "${missing[@]}"
    install_modules
    exit 0
fi

cat >&2 <<MESSAGE
The tests need a Postgres, a Redis, a clamd, an aiosmtpd and a Node.js with npm, and this machine lacks: ${missing[*]}
Do one of these:
  - install them:                 sudo apt-get install ${missing[*]}
  - for Postgres and Redis, start a Docker engine
  - or use those that are running: PLAZA_TEST_DATABASE_URL=postgres://… PLAZA_TEST_REDIS_URL=redis://…
MESSAGE
exit 1
