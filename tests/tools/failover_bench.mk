# SPDX-License-Identifier: GPL-2.0-or-later
tools += failover_bench
failover_bench_sources := $(addprefix tests/bench/bgp/,figure.c routes.c speaker.c) \
			  tests/tools/netns.c
