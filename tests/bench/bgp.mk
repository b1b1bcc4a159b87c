# SPDX-License-Identifier: GPL-2.0-or-later

bgp_bench := $(BUILD)/tests/bench/bgp_bench

$(bgp_bench): $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/bench/bgp/*.c))
	@mkdir -p $(@D)
	$(call say,LD      $@)$(CC) -o $@ $^

.PHONY: bench-bgp
bench-bgp: setup agent $(bgp_bench)	## vrsd beside the BGP daemons of Debian 12 and 13; QUICK=1 is shorter
	VNET_BUILD=$(BUILD) tests/bench/bgp/run
