# SPDX-License-Identifier: GPL-2.0-or-later

# One guest has them all: the first kernel of those that are asked for.
bench_kernel = $(or $(firstword $(filter-out running,$(KERNEL))),6.1)

.PHONY: bench-kernel
bench-kernel: setup agent plugin tools	## routes into the kernel beside a bare writer, FRR and BIRD, in a guest; QUICK=1 is shorter
	$(MAKE) module KERNEL=$(bench_kernel)
	KERNEL=$(bench_kernel) VNET_BUILD=$(BUILD) tests/bench/kernel/run
