# SPDX-License-Identifier: GPL-2.0-or-later
tools += route_bench
route_bench_sources := $(addprefix tests/bench/bgp/,routes.c speaker.c)
route_bench_libs := -lmnl
