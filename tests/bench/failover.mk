# SPDX-License-Identifier: GPL-2.0-or-later

FAILOVER_KERNEL ?= uml
.PHONY: bench-failover
bench-failover: setup agent plugin tools	## packets lost when an NVA goes, by number of prefixes, at native speed; QUICK=1 is shorter
	$(if $(filter uml,$(FAILOVER_KERNEL)),tests/vm/kernel uml)
	$(MAKE) module KERNEL=$(FAILOVER_KERNEL)
	VNET_BUILD=$(BUILD) KERNEL=$(FAILOVER_KERNEL) tests/bench/failover/run
