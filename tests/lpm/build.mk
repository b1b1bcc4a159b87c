# SPDX-License-Identifier: GPL-2.0-or-later
#
# The LPM table of the module in user space: its files, unchanged, on a shim of
# the kernel's interface.

lpm_sources := kmod/lpm.c kmod/lpm_small.c kmod/lpm_trie.c kmod/lpm_node.c kmod/lpm_bucket.c kmod/lpm_arena.c \
	       kmod/lpm_hash.c kmod/lpm_wide.c kmod/lpm_batch.c tests/lpm/shim.c tests/lpm/oracle.c
lpm_cflags := -I tests/lpm/include

unit_tests += lpm_test lpm_hash_test lpm_race_test
fuzzers += lpm_fuzz

lpm_test_sources := $(lpm_sources)
lpm_test_cflags := $(lpm_cflags)
# The test decides when there is no memory for a node.
lpm_test_libs := -Wl,--wrap=vnet_lpm_arena_alloc

lpm_hash_test_sources := kmod/lpm_hash.c tests/lpm/shim.c tests/lpm/oracle.c
lpm_hash_test_cflags := $(lpm_cflags)

# Races want another sanitizer.
lpm_race_test_sources := $(lpm_sources)
lpm_race_test_cflags := $(lpm_cflags) -fno-sanitize=all -fsanitize=thread
lpm_race_test_libs := -fno-sanitize=all -fsanitize=thread -lpthread

lpm_fuzz_sources := $(lpm_sources)
lpm_fuzz_cflags := $(lpm_cflags)

.PHONY: lpm-bench
lpm-bench: $(BUILD)/tests/lpm_bench
	GLIBC_TUNABLES=glibc.malloc.hugetlb=1 $<

$(BUILD)/tests/lpm_bench: tests/lpm/lpm_bench.c $(lpm_sources) $(wildcard kmod/lpm*.h tests/lpm/*.h)
	@mkdir -p $(@D)
	$(call say,CC      $@)$(CC) $(vnet_cflags) -I tests $(lpm_cflags) -O2 -g \
		-mpopcnt -o $@ $(filter %.c,$^)
