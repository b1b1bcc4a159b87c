# SPDX-License-Identifier: GPL-2.0-or-later
#
# build/vrsd and build/vrs. A folder of agent/ is a layer: it includes only
# what is further down (vrsd; ctl, fib, rib, conf; bfd, bgp; lib).

agent_objects	= $(patsubst %.c,$(BUILD)/%.o,$(wildcard $(addprefix agent/, \
		  $(addsuffix /*.c,$(1)))))

vrsd_objects	:= $(call agent_objects,lib bgp bfd conf rib fib ctl vrsd)
vrsd_libs	:= -levent_core -lyaml -ljansson -lmnl -lseccomp -lcap-ng
# vrs speaks to the kernel and to vrsd's socket; of the rest it needs what it
# calls, so that comes from an archive.
vrs_objects	:= $(call agent_objects,vrs)
vrs_archive	:= $(call agent_objects,lib conf fib)
vrs_libs	:= -ljansson -lmnl -levent_core -lyaml

agent: $(BUILD)/vrsd $(BUILD)/vrs

$(BUILD)/vrsd: $(vrsd_objects)
	@mkdir -p $(@D)
	$(call say,LD      $@)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ \
		-Wl,--as-needed $(vrsd_libs)

$(BUILD)/agent.a: $(vrs_archive)
	@rm -f $@
	$(call say,AR      $@)$(AR) rcs $@ $^

$(BUILD)/vrs: $(vrs_objects) $(BUILD)/agent.a
	@mkdir -p $(@D)
	$(call say,LD      $@)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ \
		-Wl,--as-needed $(vrs_libs)
