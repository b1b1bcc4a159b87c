# SPDX-License-Identifier: GPL-2.0-or-later

rib_bench_objects := $(patsubst %.c,$(BUILD)/%.o,tests/bench/rib_bench.c \
		     agent/conf/map.c \
		     $(wildcard agent/rib/*.c agent/bgp/*.c agent/lib/*.c))

$(BUILD)/tests/bench/rib_bench: $(rib_bench_objects)
	$(call say,LD      $@)$(CC) -o $@ $^ -levent_core

.PHONY: bench-rib
bench-rib: $(BUILD)/tests/bench/rib_bench	## times the RIB alone: load, memory, withdrawal
	$<
