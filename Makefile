# SPDX-License-Identifier: Apache-2.0
#
# The short way to Meson and Ninja: every target installs what is missing from Debian's packages, then does what it says.

.PHONY: build run test bench bench-cluster coverage faults crash fuzz sim clean

# Leaves build/usherd and build/usher.
build:
	@tools/install-deps.sh build
	@[ -f build/build.ninja ] || meson setup build -Doptimization=3 -Ddebug=true
	@ninja -C build usherd usher

# Serves on 127.0.0.1:7420 from the folder data; a new one is filled with the worked examples.
run: build
	@exec build/usherd --data data --demo

# All suites; one alone: tools/test.sh unit
test:
	@tools/install-deps.sh test
	@tools/test.sh

# Speed, side by side with nginx, Redis and PostgreSQL, and how it grows (docs/performance.md); some twelve minutes. One
# part alone, shorter: BENCH_SECONDS=2 BENCH_ROUNDS=1 make bench PARTS=latency
bench: build
	@tools/install-deps.sh bench
	@ninja -C build bench/engine bench/line bench/pace bench/store
	@/usr/bin/python3 bench/run.py build $(PARTS)

# Several nodes on PostgreSQL, side by side with PostgreSQL alone and with SQLite; some six minutes.
bench-cluster: build
	@tools/install-deps.sh bench
	@/usr/bin/python3 bench/cluster.py build $(PARTS)

# Branch coverage of the rules; below 95 % it fails.
coverage:
	@tools/install-deps.sh test
	@tools/coverage.sh

# Each fuzz target for FUZZ_S seconds, 60 if not said, FUZZ_JOBS of them at a time.
fuzz:
	@tools/install-deps.sh test
	@tools/fuzz.sh

# Simulated worlds (docs/reliability.md) from SEED on, else from one that is rolled and told, until STEPS commands were
# sent or SIM_S seconds are over. With SERVERS=1 each is one of several servers on one store.
sim:
	@tools/install-deps.sh build
	@[ -f build-sim/build.ninja ] || meson setup build-sim --buildtype=release -Dwerror=false -Dconsole=disabled
	@ninja -C build-sim tests/simulation/sim
	@build-sim/tests/simulation/sim $(if $(SEED),--seed $(SEED)) $(if $(STEPS),--steps $(STEPS)) \
		$(if $(SIM_S),--seconds $(SIM_S)) $(if $(SERVERS),--servers)

# A disk that loses power (1,200 times) and one that fails at every single operation (docs/reliability.md).
faults: build
	@ninja -C build tests/faults/power tests/faults/every
	@build/tests/faults/power --runs 16 $(if $(SEED),--seed $(SEED))
	@build/tests/faults/every $(if $(SEED),--seed $(SEED))

# Kills a real server KILLS times (else 100) under load; SEED is told.
crash: build
	@tools/install-deps.sh test
	@USHERD=build/usherd KILLS=$(or $(KILLS),100) SEED=$(SEED) /usr/bin/python3 -m pytest -q -s -p no:cacheprovider tests/crash

clean:
	rm -rf build build-asan build-tsan build-clang build-coverage build-fuzz build-sim build-logs console/dist
