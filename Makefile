.DEFAULT_GOAL := help
.PHONY: help demo test check bench

PYTEST = PYTHONDONTWRITEBYTECODE=1 .venv/bin/python -m pytest

help: ## Show this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1	/p' $(firstword $(MAKEFILE_LIST)) | expand -t 16

demo: ## Build, then find out which component was slow in a real capture
	@Scripts/install-packages.sh demo
	swift build -c release --product faultline
	.build/release/faultline replay Examples/slow-etcd.otlp.lz4
	@echo
	@echo 'Next, on spans of your own: .build/release/faultline serve'
	@echo 'It takes OTLP on 127.0.0.1:4317 (gRPC) and 127.0.0.1:4318 (HTTP), prints alerts as they fire,'
	@echo 'and answers scrapes on http://127.0.0.1:9464/metrics.'

test: ## Run all tests: units, then the real process from outside
	@Scripts/install-packages.sh test
	swift build --build-tests
	swift test --skip-build
	$(PYTEST) Tests/EndToEndTests --numprocesses=auto --dist=loadfile

check: ## Check format and generated code; build what is measured and fuzzed
	@Scripts/install-packages.sh test
	swift format lint --strict --parallel --recursive Package.swift Sources Tests Benchmarks
	Scripts/generate-otlp.sh --check
	swift build -c release
	for target in OTLPDecoder OTLPJSON JaegerJSON Archive RuleFile StateFile Configuration Pipeline HTTP2; do Tests/Fuzz/run.sh $$target 0 || exit 1; done
	@echo 'format and generated code are as they should be'

bench: ## Measure each stage of the flow
	@Scripts/install-packages.sh test
	Benchmarks/run.sh
