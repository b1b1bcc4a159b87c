# SPDX-License-Identifier: GPL-2.0-or-later

.PHONY: bench-failover
bench-failover: setup agent plugin tools	## packets lost when an NVA goes, by number of prefixes, in a guest; QUICK=1 is shorter
	$(MAKE) module KERNEL=$(or $(filter-out running,$(KERNEL)),6.1)
	VNET_BUILD=$(BUILD) tests/bench/failover/run
