# SPDX-License-Identifier: GPL-2.0-or-later
#
# Test programs. Each is named in a list, in a .mk file of the folder it is in,
# with the sources of the product that it is linked with:
#
#   unit_tests	   += open_test		tests/unit/open_test.c, with sanitizers
#   fuzzers	   += update_fuzz	tests/fuzz/update_fuzz.c, with libFuzzer
#   tools	   += flood		tests/tools/flood.c, in PATH of a guest
#   sanitized_tools += fibctl		the same, with sanitizers
#   open_test_sources := agent/bgp/open.c agent/lib/buf.c
#   open_test_libs    := -lyaml		optional
#   open_test_cflags  := -I tests/shim	optional

unit_tests :=
fuzzers :=
tools :=
sanitized_tools :=
include $(wildcard tests/*/*.mk)

sanitize	:= -fsanitize=address,undefined -fno-sanitize-recover=all \
		   -fno-omit-frame-pointer
test_cflags	:= $(vnet_cflags) -I tests -O1 -g

unit_programs	:= $(addprefix $(BUILD)/tests/unit/,$(unit_tests))
fuzz_programs	:= $(addprefix $(BUILD)/tests/fuzz/,$(fuzzers))
tool_programs	:= $(addprefix $(BUILD)/tests/bin/,$(tools) $(sanitized_tools))

.PHONY: unit-tests fuzzers tools list-unit-tests list-fuzzers
unit-tests: $(unit_programs)
fuzzers: $(fuzz_programs)
tools: $(tool_programs)
list-unit-tests:
	@echo $(unit_programs)
list-fuzzers:
	@echo $(fuzz_programs)

# objects VARIANT, NAME, FOLDER: of one program. Programs of a variant share
# them unless they have flags of their own.
objects	= $(patsubst %.c,$(BUILD)/$(1)$(if $($(2)_cflags),-$(2))/%.o, \
	  tests/$(3)/$(2).c $($(2)_sources))

# compile VARIANT, COMPILER, FLAGS
define compile
$(BUILD)/$(1)/%.o: %.c
	@mkdir -p $$(@D)
	$$(call say,CC      $$@)$(2) $$(test_cflags) $(3) -MMD -MP -c -o $$@ $$<
endef

# program VARIANT, COMPILER, FLAGS, NAME, FOLDER, OUTPUT
define program
$(if $($(4)_cflags),$(call compile,$(1)-$(4),$(2),$(3) $($(4)_cflags)))
$(6)/$(4): $(call objects,$(1),$(4),$(5))
	@mkdir -p $$(@D)
	$$(call say,LD      $$@)$(2) $(3) -o $$@ $$^ $($(4)_libs)
endef

$(eval $(call compile,san,$(CC),$(sanitize)))
$(foreach t,$(unit_tests),$(eval $(call program,san,$(CC),$(sanitize),$(t),unit,$(BUILD)/tests/unit)))

# The agent as the host tests have it a second time: a build folder of its own.
san_objects	= $(patsubst $(BUILD)/%,$(BUILD)/san/%,$(1))
san_agent	:= $(BUILD)/sanitized

.PHONY: sanitized-agent
sanitized-agent: $(san_agent)/vrsd $(san_agent)/vrs
	$(Q)ln -sfn ../tests $(san_agent)/tests

$(san_agent)/vrsd: $(call san_objects,$(vrsd_objects))
	@mkdir -p $(@D)
	$(call say,LD      $@)$(CC) $(sanitize) -o $@ $^ $(vrsd_libs)

$(san_agent)/agent.a: $(call san_objects,$(vrs_archive))
	@mkdir -p $(@D)
	@rm -f $@
	$(call say,AR      $@)$(AR) rcs $@ $^

$(san_agent)/vrs: $(call san_objects,$(vrs_objects)) $(san_agent)/agent.a
	$(call say,LD      $@)$(CC) $(sanitize) -o $@ $^ $(vrs_libs)

fuzz_flags	:= -fsanitize=fuzzer $(sanitize)
fuzz_objects	:= -fsanitize=fuzzer-no-link $(sanitize)
$(eval $(call compile,fuzz,clang,$(fuzz_objects)))
$(foreach t,$(fuzzers),$(eval $(call program,fuzz,clang,$(fuzz_flags),$(t),fuzz,$(BUILD)/tests/fuzz)))

$(eval $(call compile,tools,$(CC),))
$(foreach t,$(tools),$(eval $(call program,tools,$(CC),,$(t),tools,$(BUILD)/tests/bin)))
$(foreach t,$(sanitized_tools),$(eval $(call program,san,$(CC),$(sanitize),$(t),tools,$(BUILD)/tests/bin)))
