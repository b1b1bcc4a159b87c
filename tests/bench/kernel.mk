# SPDX-License-Identifier: GPL-2.0-or-later

.PHONY: bench-kernel
bench-kernel: setup agent plugin tools	## routes into the kernel beside a bare writer, FRR and BIRD, in a guest; QUICK=1 is shorter
	$(MAKE) module KERNEL=$(or $(filter-out running,$(KERNEL)),6.1)
	VNET_BUILD=$(BUILD) tests/bench/kernel/run
