# `make demo` and `make test` need a Rust toolchain, a C compiler and git; the rest they bring along.

SHELL := /bin/sh
CARGO ?= cargo
RUST_OLDEST_MINOR := 92
# Warnings of clippy and rustdoc fail the build under this compiler only, which was tried: a new one that warns of more
# must not break everybody at once. It is no toolchain file, as a machine without network could not follow one.
LINTED_WITH := 1.95
STRICT := $(if $(findstring rustc $(LINTED_WITH).,$(shell rustc --version 2>/dev/null)),-D warnings)
# How everything is built that the tests run and are: in one go, as programs apart from the tests would be compiled with other features of
# what they depend on, and so would most of that.
WITH_TESTS := --workspace --bins --tests
# What `make demo` builds; who has built all that before says how (`.ci/run`), and builds nothing again.
BUILDS ?= -p api -p worker
# What is linted: all, or `make lint CRATES="api ledger"`.
CRATES ?=
LINTED := $(if $(CRATES),$(addprefix -p ,$(CRATES)),--workspace)
TARGET := $(or $(CARGO_TARGET_DIR),target)
# Where cargo-nextest leaves the times of the tests (.config/nextest.toml); plain cargo measures none.
JUNIT := $(TARGET)/nextest/default/junit.xml
NEXTEST := $(shell $(CARGO) nextest --version >/dev/null 2>&1 && echo yes)

.DEFAULT_GOAL := help
.PHONY: help demo dev test check lint dependencies suite docs check-long chaos bench freeze openapi schema clients hooks screenshots slowest tools test-tools toolchain

help: ## What there is to make
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

demo: tools ## The founding story, then a running service (ARGS=--once: play it, check it, stop; STORY=cooperative: a year of a bakery)
	$(CARGO) build $(BUILDS)
	@exec $(TARGET)/debug/commonpurse demo $(if $(STORY),--story $(STORY)) $(ARGS)

dev: tools ## A service for development, its data kept between runs
	$(CARGO) build -p api -p worker
	@exec $(TARGET)/debug/commonpurse dev $(ARGS)

test: tools lint suite docs dependencies slowest ## Everything that runs before a change lands

# The simulation of lanes and the two other unit tests that take longest are left to `make test`.
check: tools lint ## The quick look while editing: format, lints, unit tests of the libraries but the longest
ifeq ($(NEXTEST),yes)
	$(CARGO) nextest run --workspace --lib --show-progress none --status-level fail \
	    -E "not (test(simulation) or test(every_route_that_is_not_open) or test(processes_share_one_cluster))"
else
	$(CARGO) test --workspace --lib --quiet -- \
	    --skip simulation --skip every_route_that_is_not_open --skip processes_share_one_cluster
endif

lint: toolchain
	@$(if $(STRICT),:,echo "Lints only warn here: they fail the build under Rust $(LINTED_WITH), and this is $$(rustc --version).")
	$(CARGO) fmt --all --check
	$(CARGO) clippy $(LINTED) --all-targets -- $(STRICT)

suite: tools test-tools
	$(CARGO) build $(WITH_TESTS)
ifeq ($(NEXTEST),yes)
	@rm -f $(JUNIT)
	$(CARGO) nextest run --workspace || { tests/slowest.sh $(JUNIT); exit 1; }
	$(CARGO) test --workspace --doc
else
	$(CARGO) test --workspace --no-fail-fast
endif

slowest:
	@tests/slowest.sh $(JUNIT)

docs: toolchain
	RUSTDOCFLAGS="$(STRICT)" $(CARGO) doc --workspace --no-deps

# An h2 with an open advisory, and a second TLS provider that makes rustls panic, must not come back unnoticed. Where
# cargo-deny is installed it must hold too. `.ci/run` does not install it: it has more dependencies than we have, and to
# build it on a machine that starts cold takes minutes that the tests need; what it forbids by name is looked for here.
dependencies: toolchain
	@$(CARGO) tree --workspace >/dev/null
	@for crate in h2@0.3 ring openssl native-tls actix-governor rsa; do \
	    if found=$$($(CARGO) tree --workspace --edges normal,build,dev --invert "$$crate" 2>/dev/null) && [ -n "$$found" ]; then \
	        echo "$$crate is among the dependencies, see deny.toml:"; echo "$$found"; exit 1; \
	    fi; \
	done
	@if grep -n 'source = "git+' Cargo.lock; then echo "a dependency comes from a repository, see deny.toml"; exit 1; fi
	@if $(CARGO) deny --version >/dev/null 2>&1; then $(CARGO) deny check licenses bans sources; \
	else echo "cargo-deny is not installed: licences and sources were not checked"; fi
	@CARGO="$(CARGO)" tests/check-advisories.sh

check-long: tools test-tools ## What is too long for every run: more seeds, more examples, the ignored tests, the alert rules
	@tests/install-tools.sh long
	@tests/check-alerts.sh
	$(CARGO) build $(WITH_TESTS)
ifeq ($(NEXTEST),yes)
	PROPTEST_CASES=$${PROPTEST_CASES:-5000} COMMONPURSE_LONG=1 $(CARGO) nextest run --workspace --profile long --run-ignored all
else
	PROPTEST_CASES=$${PROPTEST_CASES:-5000} COMMONPURSE_LONG=1 $(CARGO) test --workspace --no-fail-fast -- --include-ignored
endif

chaos: tools ## Two hundred kills under load, and nothing lost or doubled (KILLS=…, COMMONPURSE_SEED=…)
	$(CARGO) build --workspace
	$(TARGET)/debug/chaos

bench: tools ## Every benchmark as a ratio against a baseline of the same run, into target/bench.json: about half an hour
	COMMONPURSE_BENCH_FULL=1 $(CARGO) bench -p ledger --bench posting
	$(CARGO) bench -p tests --bench service

freeze: toolchain ## Lists new migrations as landed; listed ones never change
	$(CARGO) run -q -p migrations --example freeze

openapi: toolchain ## Writes the API's contract anew
	$(CARGO) run -q -p openapi -- generate

schema: tools ## Writes migrations/SCHEMA.md anew, from a freshly migrated database
	$(CARGO) run -q -p migrations --example schema

clients: test-tools ## What partners are handed out, into target/clients: an npm tarball and a Python wheel
	@for language in typescript python; do openapi/clients/make.sh $$language $(TARGET)/clients || exit 1; done
	@ls $(TARGET)/clients/*.tgz $(TARGET)/clients/*.whl

screenshots: tools test-tools ## A picture of every page from the demo's data, light, dark and on a phone, into target/screenshots
	$(CARGO) build -p api -p worker
	$(CARGO) test -p tests --test suite -- --ignored --exact looks::screenshots_of_the_demo --nocapture
	@ls $(TARGET)/screenshots

hooks: ## Looks at format, lints and contracts before each commit (git config --unset core.hooksPath: no more)
	git config core.hooksPath .githooks

tools: toolchain ## Installs PostgreSQL's server programs if they are missing
	@migrations/install-postgresql.sh

test-tools: tools ## Installs what only the tests need besides: hledger and Beancount for the exports, tools in Python and TypeScript for the contract
	@tests/install-tools.sh

toolchain:
	@version=$$(rustc --version 2>/dev/null | sed -n 's/^rustc 1\.\([0-9]*\)\..*/\1/p'); \
	if [ -z "$$version" ] || [ "$$version" -lt $(RUST_OLDEST_MINOR) ]; then \
	    echo "Rust 1.$(RUST_OLDEST_MINOR) or newer is needed; found: $$(rustc --version 2>/dev/null || echo none)." >&2; exit 1; \
	fi
	@command -v cc >/dev/null 2>&1 || { echo "A C compiler (cc) is needed." >&2; exit 1; }
