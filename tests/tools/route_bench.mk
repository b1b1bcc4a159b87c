# SPDX-License-Identifier: GPL-2.0-or-later
tools += route_bench
route_bench_sources := $(addprefix tests/bench/bgp/,figure.c routes.c speaker.c) \
		       tests/tools/netns.c
route_bench_libs := -lmnl
