# Everything that is done to this tree from a shell. `make help` lists it; each target installs what it needs first.
SHELL := /bin/bash
.DEFAULT_GOAL := build
JOBS ?= $(shell nproc)
PYTHON ?= /usr/bin/python3
PORT ?= 8083
SECONDS_EACH ?= 60

export PATH := $(CURDIR)/.tools/node_modules/node/bin:$(CURDIR)/.tools/node_modules/.bin:$(PATH)
# A second clone of the tree finds the objects of the first in ccache.
export CCACHE_BASEDIR ?= $(CURDIR)
export CCACHE_NOHASHDIR ?= 1
export CCACHE_SLOPPINESS ?= pch_defines,time_macros,include_file_mtime,include_file_ctime

main_exists := $(wildcard src/main/entry/main.cpp)
test_profiles := build test $(if $(wildcard tests/browser/*),browser)
# What the tests start beside the unit tests: the product, and the same with fail points linked in.
test_targets := all $(if $(main_exists),aiim-faults)

# configure(preset): only when there is no build directory yet; CMake notices every later change by itself.
configure = [ -f build$(if $(filter-out default,$(1)),-$(1))/build.ninja ] || { echo "configuring $(1)"; \
	cmake --preset $(1) >.configure.log 2>&1 || { cat .configure.log; exit 1; }; rm -f .configure.log; }
compile = cmake --build --preset $(1) -j $(JOBS) --target $(2)
run_tests = $(PYTHON) scripts/run_tests.py

.PHONY: help build run test test-unit test-checks test-system test-faults test-sdk test-browser everything lint format fuzz \
	generate soak bench sanitize sanitize-asan sanitize-tsan clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## install what is missing and build build/aiim
	@scripts/dependencies.sh build
	@$(call configure,default)
	@$(call compile,default,$(if $(main_exists),aiim,all))

run: build ## build, then start a demo on http://127.0.0.1:8083 with users, conversations and tokens
	@scripts/dependencies.sh demo
	@exec build/aiim demo --port $(PORT)

everything:
	@scripts/dependencies.sh $(test_profiles)
	@$(call configure,default)
	@$(call compile,default,$(test_targets))

test: everything ## install, build and run every test
	@$(run_tests)

test-checks: ## only the checks of the tree itself
	@scripts/dependencies.sh test
	@$(run_tests) checks

test-unit: everything ## only the unit tests
	@$(run_tests) unit

test-system: everything ## only the tests that drive the real server
	@$(run_tests) system

test-faults: everything ## only the tests that kill the server
	@$(run_tests) faults

test-sdk: everything ## only the SDKs' tests
	@$(run_tests) sdk

test-browser: everything ## only the tests in a browser
	@$(run_tests) browser

lint: ## formatting, include arrows and the other checks, then clang-tidy over the whole tree
	@scripts/dependencies.sh build test
	@$(call configure,default)
	@$(run_tests) checks
	@$(PYTHON) scripts/run_clang_tidy.py --jobs $(JOBS)

format: ## run clang-format over every C++ file
	@git ls-files -co --exclude-standard '*.h' '*.cpp' | xargs clang-format -i

sanitize: sanitize-asan sanitize-tsan ## unit and system tests under the sanitizers

sanitize-asan: ## ... address and undefined behaviour
	@scripts/dependencies.sh build test
	@$(call configure,asan)
	@$(call compile,asan,$(test_targets))
	@$(run_tests) --build build-asan unit system

sanitize-tsan: ## ... data races
	@scripts/dependencies.sh build test
	@$(call configure,tsan)
	@$(call compile,tsan,$(test_targets))
	@$(run_tests) --build build-tsan unit system

fuzz: ## feed each parser with hostile input for SECONDS_EACH=60, with clang's libFuzzer
	@scripts/dependencies.sh build fuzz
	@$(call configure,fuzz)
	@$(call compile,fuzz,fuzz_targets)
	@scripts/fuzz.sh build-fuzz $(SECONDS_EACH)

bench: ## the load generator's short set (under 5 minutes) against servers of its own; the table is build/bench.txt too
	@scripts/dependencies.sh build
	@$(call configure,default)
	@$(call compile,default,aiim aiim-bench)
	@set -o pipefail; build/aiim-bench short --spawn 'build/aiim serve' --seconds 2 --json build/bench.json | tee build/bench.txt

soak: ## a thousand pairs talking for SECONDS_EACH seconds (60; an hour is 3600), then 1,000 viewers of a stream for two minutes
	@scripts/dependencies.sh build test
	@$(call configure,default)
	@$(call compile,default,aiim aiim-bench)
	@build/aiim-bench pair-soak --receipts --spawn 'build/aiim serve' --seconds $(SECONDS_EACH)
	@$(PYTHON) tests/soak/stream_crowd.py

generate: build ## write what is made from the server's tables: docs/reference, the SDK's wire types
	@scripts/generate.sh build/aiim

clean: ## remove everything that was built
	@rm -rf build build-asan build-tsan build-fuzz .configure.log
