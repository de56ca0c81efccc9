#!/usr/bin/env bash
# Checks the invariants of the architecture that a compiler does not: who may depend on what, where a library may be
# named, and how long a file may be. ARCHITECTURE.md gives the reasons.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

failures=0

sources() {
    find bench crates migration tests -name '*.rs' -not -path '*/target/*' -not -path '*/node_modules/*' | sort
}

fail() {
    echo "error: $*" >&2
    failures=$((failures + 1))
}

# depends_on_none <package> <crate>…: none of the crates is among the package's dependencies, however far away.
depends_on_none() {
    local package=$1 crate tree
    shift
    tree=$(cargo tree --locked --package "$package" --edges normal --prefix none --format '{p}' | cut -d ' ' -f 1 | sort -u)
    for crate in "$@"; do
        if grep -qx "$crate" <<<"$tree"; then
            fail "$package depends on $crate:"
            cargo tree --locked --package "$package" --edges normal --invert "$crate" --depth 4 >&2 || true
        fi
    done
}

# named_only_in <pattern> <what> <path>…: of the Rust files, only those under the paths match the pattern.
named_only_in() {
    local pattern=$1 what=$2 found path
    shift 2
    found=$(sources | xargs grep -lE "$pattern" || true)
    for path in "$@"; do
        found=$(grep -v "^$path" <<<"$found" || true)
    done
    if [ -n "$found" ]; then
        fail "$what belongs under $* only, and is named in:"
        echo "$found" >&2
    fi
}

drivers=(sea-orm sqlx sqlx-core redis deadpool-redis fred object_store)
web=(poem poem-openapi axum)
# HTTP itself: the clients of buckets and of login providers, and the pages of the monitor.
http=(hyper reqwest)

depends_on_none plaza-domain tokio async-std smol "${drivers[@]}" "${web[@]}" "${http[@]}" \
    plaza-application plaza-infrastructure plaza-migration plaza-api plaza-worker
depends_on_none plaza-application "${drivers[@]}" "${web[@]}" "${http[@]}" \
    plaza-infrastructure plaza-migration plaza-api plaza-worker
depends_on_none plaza-infrastructure "${web[@]}" plaza-api plaza-worker
depends_on_none plaza-worker "${web[@]}" plaza-api

named_only_in '\bsea_orm(_migration)?::' SeaORM crates/infrastructure/src/db/ migration/ tests/
named_only_in '\bpoem(_openapi)?::' poem crates/api/
named_only_in '\b(fred|deadpool_redis)::' 'a Redis client' crates/infrastructure/src/redis/ tests/
named_only_in '\bobject_store::' 'an object store' crates/infrastructure/src/s3/
named_only_in '\bopenidconnect::' 'an OpenID client' crates/infrastructure/src/oidc/ crates/infrastructure/src/config/oidc.rs
named_only_in '\breqwest::' 'an HTTP client' crates/infrastructure/src/oidc/ crates/infrastructure/src/s3/ crates/api/examples/ crates/api/tests/ tests/
named_only_in '\bhyper(_util)?::' HTTP bench/ crates/infrastructure/src/monitor.rs crates/api/ tests/
named_only_in '^\s*#\[ignore' 'an ignored test' nowhere/

while read -r lines path; do
    if [ "$lines" -gt 600 ]; then
        fail "$path has $lines lines: it has more than one purpose"
    elif [ "$lines" -gt 400 ]; then
        echo "warning: $path has $lines lines: look for its second purpose" >&2
    fi
done < <(sources | xargs wc -l | grep -v ' total$')

while read -r path; do
    case $(head -c 3 "$path") in
        '//!') ;;
        *) fail "$path does not say on its first line what it is for (//! …)" ;;
    esac
done < <(sources)

if [ "$failures" -gt 0 ]; then
    echo "$failures of the architecture's invariants are broken." >&2
    exit 1
fi
echo "The architecture's invariants hold."
