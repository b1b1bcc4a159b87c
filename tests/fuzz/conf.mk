# SPDX-License-Identifier: GPL-2.0-or-later
#
# The lists of sources are in tests/unit/conf.mk, which is read later.

fuzzers += conf_fuzz

conf_fuzz_sources	= $(conf_test_conf) $(conf_test_lib)
conf_fuzz_libs		:= -lyaml
