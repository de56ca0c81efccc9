# What there is to do with this repository. `make help` lists it.

CARGO ?= cargo
# More for `make bench`, for example `make bench BENCH="--scenarios fanout --peers plaza,fastapi"`.
BENCH ?=
# Most of a test's time is waiting for servers.
TEST_THREADS := $(shell echo $$((2 * $$(nproc))))

.DEFAULT_GOAL := help
.PHONY: help run build test attacks faults conformance bench bench-quick bench-build microbench check fmt openapi asyncapi permissions deny docker clean

help: ## Lists these commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  make %-12s %s\n", $$1, $$2 }'

run: ## Builds and starts the server, with everything inside it, on http://127.0.0.1:8000
	$(CARGO) run --locked --package plaza-api --bin plaza

# Libraries, binaries, tests and examples in one go: `cargo test` then finds everything built, and the end-to-end tests
# find the binaries.
build: ## Builds everything, tests included
	$(CARGO) build --locked --workspace --all-targets

test: ## Installs what the tests need where it can, and runs all of them
	@scripts/install-test-deps.sh
	@$(MAKE) --no-print-directory build
	RUST_TEST_THREADS=$${RUST_TEST_THREADS:-$(TEST_THREADS)} $(CARGO) test --locked --workspace --no-fail-fast

attacks: ## Tries tokens, ids, races, timing and floods on servers, and prints how much of it worked: nothing
	@scripts/install-test-deps.sh
	@$(MAKE) --no-print-directory build
	$(CARGO) test --locked --workspace --test attacks -- --nocapture

faults: ## Kills, pauses, empties and restarts servers under load, and prints what was lost: nothing
	@scripts/install-test-deps.sh
	@$(MAKE) --no-print-directory build
	$(CARGO) test --locked --workspace --test faults -- --nocapture --test-threads=1

conformance: ## Lets 200 clients talk while servers are killed, and counts what was lost
	@scripts/install-test-deps.sh
	@$(MAKE) --no-print-directory build
	$${CARGO_TARGET_DIR:-target}/debug/conformance --faults

# What has failed is on the page, so it is written whatever happens; the exit code is that of the run.
bench: ## Measures Plaza and its peers on the same work, and writes docs/benchmarks.md and README's figures anew
	@$(MAKE) --no-print-directory bench-build
	@rm -f target/bench.json
	target/release/plaza-bench run --output target/bench.json $(BENCH); status=$$?; \
	target/release/plaza-bench page target/bench.json --readme README.md && exit $$status

bench-quick: ## Measures less of everything, in under five minutes, and writes target/bench-quick.md
	@$(MAKE) --no-print-directory bench-build
	@rm -f target/bench-quick.json
	target/release/plaza-bench run --quick --output target/bench-quick.json $(BENCH); status=$$?; \
	target/release/plaza-bench page target/bench-quick.json --page target/bench-quick.md && exit $$status

microbench: ## Measures hot functions by themselves; prints what they take
	$(CARGO) bench --locked --package plaza-application --bench messages
	$(CARGO) bench --locked --package plaza-infrastructure --bench requests
	$(CARGO) bench --locked --package plaza-worker --bench media

bench-build:
	@bench/install.sh
	$(CARGO) build --locked --release --package plaza-api --package plaza-bench --bin plaza --bin plaza-bench

check: ## Format, lints, documentation, layers, and whether docs/*.json and docs/permissions.md are fresh
	$(CARGO) fmt --all --check
	$(CARGO) clippy --locked --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --locked --workspace --no-deps
	scripts/check-layers.sh
	@$(MAKE) --no-print-directory build
	scripts/check-documents.sh

fmt: ## Formats the code
	$(CARGO) fmt --all

openapi: build ## Writes docs/openapi.json anew
	$${CARGO_TARGET_DIR:-target}/debug/plaza openapi > docs/openapi.json

asyncapi: build ## Writes docs/asyncapi.json anew
	$${CARGO_TARGET_DIR:-target}/debug/plaza asyncapi > docs/asyncapi.json

permissions: build ## Writes docs/permissions.md anew
	$${CARGO_TARGET_DIR:-target}/debug/plaza permissions > docs/permissions.md

deny: ## Checks licences, advisories and banned crates (needs cargo-deny)
	$(CARGO) deny --all-features check

docker: ## Builds the image plaza:latest
	docker build --tag plaza:latest .

clean: ## Removes what was built
	$(CARGO) clean
