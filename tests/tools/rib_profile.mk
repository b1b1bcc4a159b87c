# SPDX-License-Identifier: GPL-2.0-or-later

rib_profile_objects := $(patsubst %.c,$(BUILD)/%.o,tests/tools/rib_profile.c \
		       agent/conf/map.c \
		       $(wildcard agent/rib/*.c agent/bgp/*.c agent/lib/*.c))

$(BUILD)/tests/tools/rib_profile: $(rib_profile_objects)
	$(call say,LD      $@)$(CC) -o $@ $^ -levent_core

.PHONY: rib-profile
rib-profile: $(BUILD)/tests/tools/rib_profile	## times of the RIB alone, to profile it by: no benchmark, nothing is judged
	$<
