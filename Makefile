# SPDX-License-Identifier: GPL-2.0-or-later
#
# Everything is made under build/; kernels for guests are kept in VNET_CACHE,
# outside the tree. `make help` lists the targets.

BUILD		?= build
VNET_CACHE	?= /var/cache/vnet
CC		:= gcc
AR		:= gcc-ar
# What a path costs is spread over many small functions in many files.
CFLAGS		?= -O3 -g -flto=auto
VERSION		:= $(shell sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' kmod/dkms.conf)

PREFIX		?= /usr/local
DESTDIR		?=
sbindir		?= $(PREFIX)/sbin
bindir		?= $(PREFIX)/bin
mandir		?= $(PREFIX)/share/man
docdir		?= $(PREFIX)/share/doc/vnet
completiondir	?= $(PREFIX)/share/bash-completion/completions
unitdir		?= /etc/systemd/system
sysusersdir	?= /usr/lib/sysusers.d
# Where ip(8) looks for link kinds, and DKMS for sources.
ipdir		?= /usr/lib/$(shell $(CC) -print-multiarch)/ip
dkmsdir		?= /usr/src/vnet-$(VERSION)
man_pages	:= $(wildcard docs/man/*.[1-8])
# What an operator reads, and a configuration to begin with.
documents	:= $(addprefix docs/,azure.md concepts.md configuration.md operations.md) \
		   tests/demo/vrsd.yaml agent/ctl/protocol.h

# The kernels to build the module for: the running one if its headers are
# there, else the guests'. KERNEL is a list of: running 6.1 6.12 debug kcsan ao uml.
running_build	:= /lib/modules/$(shell uname -r)/build
KERNEL		?= $(if $(wildcard $(running_build)),running,6.1 6.12)

warnings	:= -Wall -Wextra -Wshadow -Wstrict-prototypes \
		   -Wmissing-prototypes -Wpointer-arith -Wwrite-strings
# What every C file of the agent and the tests is compiled with.
vnet_cflags	:= -std=gnu11 -D_GNU_SOURCE -DVRS_VERSION='"$(VERSION)"' \
		   $(warnings) $(if $(WERROR),-Werror) -I agent -I uapi

Q		:= $(if $(V),,@)
silent		:= $(findstring s,$(firstword -$(MAKEFLAGS)))
say		= $(if $(V),,@$(if $(silent),,echo '  $(1)';) )

.DELETE_ON_ERROR:
.SECONDARY:
MAKEFLAGS	+= --no-builtin-rules

.PHONY: all module agent plugin setup debug-kernel kcsan-kernel ao-kernel uml-kernel check style fuzz bench-lookup bench-forward interop demo \
	install uninstall clean help
all: module agent plugin	## the module, the agent vrsd, its CLI vrs, the plugin for ip(8)

module: $(addprefix module-,$(KERNEL))	## vnet.ko for KERNEL="running 6.1 6.12 debug kcsan ao uml"
agent:	## vrsd and vrs
plugin:	## what makes ip(8) know the link kind vnet

# The module is built in a folder of links to its sources, one for each kernel,
# because Kbuild writes beside them.
kernel_build	= $(if $(filter running,$*),$(running_build),$(VNET_CACHE)/kernel-$*/build)
module-%:
	@test -e $(kernel_build)/Makefile || { \
		echo "no kernel \"$*\" to build for ($(kernel_build)): make setup" >&2; \
		exit 1; }
	$(Q)set -e; release=$$(cut -d'"' -f2 $(kernel_build)/include/generated/utsrelease.h); \
	dir=$(abspath $(BUILD))/kmod-$$release; \
	mkdir -p "$$dir"; \
	exec 9>"$$dir.lock"; flock 9; \
	cp -rsf $(CURDIR)/Kbuild $(CURDIR)/kmod $(CURDIR)/uapi "$$dir"; \
	find "$$dir" -xtype l -delete; \
	$(MAKE) --no-print-directory -C $(kernel_build) M="$$dir" W=1 \
		$(if $(filter uml,$*),ARCH=um) \
		$(if $(WERROR),KCFLAGS=-Werror) $(module_options) modules

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC      $@)$(CC) $(vnet_cflags) $(CFLAGS) -MMD -MP -c -o $@ $<

-include agent/build.mk
-include tests/build.mk

# ip(8) loads it; it is made of what iproute2 gives a plugin, and no library.
$(BUILD)/link_vnet.so: $(wildcard agent/iproute2/*.c uapi/linux/vnet.h)
	@mkdir -p $(@D)
	$(call say,LD      $@)$(CC) $(vnet_cflags) $(CFLAGS) -fPIC -shared -o $@ \
		$(filter %.c,$^)
ifneq ($(wildcard agent/iproute2/*.c),)
plugin: $(BUILD)/link_vnet.so
endif

setup:	## installs the packages and fetches the kernels that the rest needs (root)
	tests/setup

debug-kernel: setup	## builds the guests' kernel with KASAN, lockdep, kmemleak (once, 16 minutes)
	tests/vm/kernel debug

kcsan-kernel: setup	## builds the guests' kernel with KCSAN (once)
	tests/vm/kernel kcsan

ao-kernel: setup	## builds the guests' kernel with TCP-AO (once, 5 minutes)
	tests/vm/kernel ao

uml-kernel: setup	## builds user-mode Linux, for benchmarks (once, 4 minutes)
	tests/vm/kernel uml

check: setup	## builds and tests everything; TESTS=pattern and KERNELS="6.1 6.12 debug ao" choose
	tests/check

style: setup	## checkpatch, sparse, shellcheck, codespell and the rules of the house
	tests/style

fuzz: setup	## runs each fuzzer for FUZZ_SECONDS
	TESTS='^fuzz/' KERNELS=' ' tests/check

bench-lookup: setup	## the lookup beside the kernel's own tables, at native speed; QUICK=1 is shorter
	tests/vm/kernel uml
	tests/bench/lookup/run

interop: ao-kernel agent	## interoperability with Debian 12's and 13's BGP daemons, as docs/interop.md has it
	$(MAKE) module KERNEL=ao
	tests/interop/run

bench-forward: setup	## forwarding beside VRF, bridge and Open vSwitch's datapath, at native speed; QUICK=1 is shorter
	tests/vm/kernel uml
	status=0; tests/bench/forward/run || status=1; \
	tests/bench/forward/smp || status=1; exit $$status

DEMO_KERNEL	?= 6.1
demo: setup	## shows the whole path in a guest, step by step, with evidence
	$(MAKE) all KERNEL=$(DEMO_KERNEL)
	tests/vm/run --kernel $(DEMO_KERNEL) -- demo/demo.sh

# What DKMS has once built of a version it would install again, whatever the
# source is by now.
dkms_forget	= { test -z "$$(dkms status vnet/$(VERSION))" || \
			dkms remove vnet/$(VERSION) --all; }

install: agent plugin	## installs on this host: module through DKMS, programs, unit, user, documents
	@test -n "$(DESTDIR)" || command -v dkms >/dev/null || { \
		echo "dkms is missing: apt install dkms linux-headers-amd64" >&2; \
		exit 1; }
	install -D -t $(DESTDIR)$(sbindir) $(BUILD)/vrsd
	install -D -t $(DESTDIR)$(bindir) $(BUILD)/vrs
	install -D -m 644 -t $(DESTDIR)$(ipdir) $(BUILD)/link_vnet.so
	install -d $(DESTDIR)$(unitdir)
	sed 's|@sbindir@|$(sbindir)|; s|@bindir@|$(bindir)|' agent/vrsd/vrsd.service \
		>$(DESTDIR)$(unitdir)/vrsd.service
	install -D -m 644 agent/vrsd/vrsd.sysusers $(DESTDIR)$(sysusersdir)/vrsd.conf
	test -n "$(DESTDIR)" || systemd-sysusers $(sysusersdir)/vrsd.conf
	install -D -m 644 agent/vrs/vrs.bash-completion \
		$(DESTDIR)$(completiondir)/vrs
	set -e; for page in $(man_pages); do \
		install -D -m 644 -t $(DESTDIR)$(mandir)/man$${page##*.} $$page; \
	done
	install -D -m 644 -t $(DESTDIR)$(docdir) $(documents)
	test -n "$(DESTDIR)" || $(dkms_forget)
	rm -rf $(DESTDIR)$(dkmsdir)
	install -d $(DESTDIR)$(dkmsdir)
	cp -r Kbuild kmod uapi kmod/dkms.conf $(DESTDIR)$(dkmsdir)
	test -n "$(DESTDIR)" || dkms install --force vnet/$(VERSION)

uninstall:	## takes away what install put there
	rm -f $(addprefix $(DESTDIR),$(sbindir)/vrsd $(bindir)/vrs \
		$(ipdir)/link_vnet.so $(unitdir)/vrsd.service \
		$(sysusersdir)/vrsd.conf \
		$(completiondir)/vrs)
	rm -f $(foreach page,$(notdir $(man_pages)), \
		$(DESTDIR)$(mandir)/man$(patsubst .%,%,$(suffix $(page)))/$(page))
	rm -f $(addprefix $(DESTDIR)$(docdir)/,$(notdir $(documents)))
	test ! -d $(DESTDIR)$(docdir) || \
		rmdir --ignore-fail-on-non-empty $(DESTDIR)$(docdir)
	test -n "$(DESTDIR)" || $(dkms_forget)
	rm -rf $(DESTDIR)$(dkmsdir)

clean:	## removes build/
	rm -rf $(BUILD)

help:	## this list
	@sed -nE 's/^([a-z-]+):[^#]*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 16

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
