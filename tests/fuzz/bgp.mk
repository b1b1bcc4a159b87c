# SPDX-License-Identifier: GPL-2.0-or-later
#
# The lists of sources are in tests/unit/bgp.mk, which is read later.

fuzzers += bgp_notification_fuzz bgp_open_fuzz bgp_refresh_fuzz \
	   bgp_session_fuzz bgp_update_fuzz

bgp_notification_fuzz_sources = $(bgp_test_codec) $(bgp_test_lib)
bgp_open_fuzz_sources = $(bgp_test_codec) $(bgp_test_lib)
bgp_refresh_fuzz_sources = $(bgp_test_codec) $(bgp_test_lib)
bgp_session_fuzz_sources = $(bgp_test_fsm) $(bgp_test_codec) \
				   $(bgp_test_lib)
bgp_update_fuzz_sources = $(bgp_test_codec) $(bgp_test_lib)
