# SPDX-License-Identifier: Apache-2.0
# The front door. Meson and ninja do the work; this file installs what is missing and names the common tasks.

BUILD ?= build
PREFIX ?= /usr/local

.PHONY: help build run stop check check-fast format lab lab-ipv4 lab-dualstack lab-ipv6 lab-profiles bench bench-speed bench-compare bench-publish bench-micro bench-flame fuzz asan tsan deps docs install clean

help:
	@echo "make run        build, start a server with the IPv4 reference architecture and a BIND data center"
	@echo "make check      test everything: layers, sizes, docs, unit, scenario, fuzz, API, end to end"
	@echo "make stop       stop what make run started"
	@echo "make lab        walk through all four architectures in network namespaces (root):"
	@echo "                lab-ipv4, lab-dualstack, lab-ipv6 (DNS64 and NAT64), lab-profiles (three accounts)"
	@echo "make bench      measure speed and failures beside ten peers (half an hour); bench-speed the speed alone:"
	@echo "                WORKS=\"zone tenants-10\" ROUNDS=5 SECONDS=1.5; the works: tests/bench/bench --list"
	@echo "make bench-compare OLD=... NEW=...: what got slower between two results in bench-results/"
	@echo "make bench-publish RESULTS=...: results as docs/performance/RESULTS.md, with plots"
	@echo "make bench-micro, bench-flame WORK=cached: where the time of one query goes"
	@echo "make build asan tsan fuzz format docs install clean"

build:
	@tools/install-deps build
	@[ -f $(BUILD)/build.ninja ] || meson setup $(BUILD) --prefix $(PREFIX) -Dbuildtype=release -Ddebug=true >/dev/null
	@ninja -C $(BUILD) --quiet

run: build
	@tools/install-deps run
	@examples/run start

stop:
	@examples/run stop

check:
	@tools/install-deps build run check
	@tests/check

# The quick part of check, for the edit loop: static checks, unit tests, scenarios.
check-fast: build
	@tools/install-deps check
	@tests/check --fast

lab: lab-ipv4 lab-dualstack lab-ipv6 lab-profiles

# Labs share the names of their namespaces: one after the other, also with make -j. What is built is ninja's to do in parallel.
.NOTPARALLEL:

lab-ipv4 lab-dualstack lab-ipv6 lab-profiles: lab-%: build
	@tools/install-deps run check
	@lab/lab $*

bench: bench-speed
	@tests/bench/faults.py

ROUNDS ?= 5
SECONDS ?= 1.5
bench-speed: build
	@tools/install-deps run bench
	@tests/bench/bench --rounds $(ROUNDS) --seconds $(SECONDS) $(WORKS)

bench-compare:
	@tests/bench/compare $(OLD) $(NEW)

# Results from bench-results/ as docs/performance/RESULTS.md, with plots.
bench-publish:
	@tests/bench/publish $(RESULTS)

# What each step of a query costs, without sockets.
bench-micro: build
	@tools/install-deps bench
	@tests/bench/bench-micro

# Where the CPU of a server under load goes: WORK is zone, cached or dns64.
WORK ?= cached
bench-flame: build
	@tools/install-deps run bench
	@tests/bench/flame $(WORK)

asan:
	@tools/install-deps build check
	@tests/check --only asan

tsan:
	@tools/install-deps build check
	@tests/check --only tsan

fuzz:
	@tools/install-deps build check
	@tests/fuzz/run $(FUZZ_SECONDS)

format:
	@clang-format-14 -i $$(find src tests -name '*.[ch]' -not -path '*/node_modules/*')

# docs/COMPATIBILITY.md's table is made from the rows.
docs:
	@tools/gen-docs

deps:
	@tools/install-deps build run check

install: build
	@meson install -C $(BUILD)

clean:
	@rm -rf build build-*
