.DEFAULT_GOAL := help
.PHONY: help demo build docs test e2e fmt uses lint check fuzz bench install release clean

PREFIX ?= /usr/local
FUZZ_TARGETS = OTLPDecoder OTLPJSON JaegerJSON Archive RuleFile StateFile Configuration Pipeline HTTP2 Traces
# End-to-end tests wait more than they compute, so one worker more than cores.
WORKERS ?= $(shell expr $$(nproc) + 1)
E2E = PYTHONDONTWRITEBYTECODE=1 .venv/bin/python -m pytest Tests/EndToEndTests --numprocesses=$(WORKERS) --dist=loadfile

# Tests of packages. With real exporters: what ships must take spans.
OF_PACKAGES = test_deployment.py test_debian_package.py test_image.py test_systemd_unit.py test_exporters.py test_runbooks.py

# For `faultline version`.
build demo: export FAULTLINE_COMMIT = $(shell Scripts/commit.sh)

help: ## Show this list
	@sed -n 's/^\([a-z0-9]*\):.*## /  make \1	/p' $(firstword $(MAKEFILE_LIST)) | expand -t 16

demo: ## Build, then find the slow component in a real capture
	@Scripts/install-packages.sh demo
	swift build -c release --product faultline
	.build/release/faultline replay Examples/slow-etcd.otlp.lz4
	@echo
	@echo 'Next, with your own spans: .build/release/faultline serve'
	@echo 'It receives OTLP on 127.0.0.1:4317 (gRPC) and 127.0.0.1:4318 (HTTP), prints alerts as they fire,'
	@echo 'and answers scrapes on http://127.0.0.1:9464/metrics.'

build: ## Build the release binary: .build/release/faultline
	@Scripts/install-packages.sh demo
	swift build -c release --product faultline

docs: ## Generate docs/metrics.md and docs/openapi.json from the code
	swift build --product faultline
	.build/debug/faultline metrics-reference > docs/metrics.md
	.build/debug/faultline openapi | python3 -m json.tool > docs/openapi.json

test: ## Run all tests: unit tests, then the real process from outside
	@Scripts/install-packages.sh test
	swift build --build-tests
	Scripts/run-unit-tests.sh
	$(E2E)

e2e: ## Run only the tests of the real process
	@Scripts/install-packages.sh test
	swift build
	$(E2E)

fmt: ## Format the sources
	swift format --in-place --parallel --recursive Package.swift Sources Tests Benchmarks

uses: ## Check that everything declared is used, and what is `package` by another target, by the compiler's index
	swift build --build-tests
	Scripts/report-uses.py

lint: ## Check format, structure and generated code
	@Scripts/install-packages.sh test
	swift format lint --strict --parallel --recursive Package.swift Sources Tests Benchmarks
	Scripts/check-structure.py
	Scripts/generate-otlp.sh --check

check: lint uses ## Lint, look for what nothing uses, build the release, and replay the cases that fuzzing found
	swift build -c release
	for target in $(FUZZ_TARGETS); do Tests/Fuzz/run.sh $$target 0 || exit 1; done
	@echo 'format, structure, uses, generated code and fuzzing cases are all right'

healthy-days: ## Two days of healthy life, of a small and a large control plane: no incident but restarts (DAYS=2)
	swift build -c release --product HealthyDays
	.build/release/HealthyDays $(or $(DAYS),2)

fuzz: ## Fuzz each target for SECONDS (600)
	for target in $(FUZZ_TARGETS); do Tests/Fuzz/run.sh $$target $(or $(SECONDS),600) || exit 1; done

bench: ## Benchmark each stage of the pipeline
	@Scripts/install-packages.sh test
	Benchmarks/run.sh

install: build ## Install into PREFIX (/usr/local), below DESTDIR if set
	install -D -m 755 .build/release/faultline $(DESTDIR)$(PREFIX)/bin/faultline
	install -D -m 644 docs/man/faultline.1 $(DESTDIR)$(PREFIX)/share/man/man1/faultline.1

release: ## Build a tarball and a Debian package in dist/, and test what is in them
	@Scripts/install-packages.sh test
	Scripts/release.sh
	FAULTLINE_PACKAGES=$(CURDIR)/dist FAULTLINE_BINARY=$(CURDIR)/.build-release/release/faultline \
		PYTHONDONTWRITEBYTECODE=1 .venv/bin/python -m pytest $(addprefix Tests/EndToEndTests/,$(OF_PACKAGES))

clean: ## Remove build products; keep tools and the Python environment
	rm -rf .build .build-release dist Tests/Fuzz/.build Benchmarks/transport/.build
