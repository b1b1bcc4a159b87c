# SPDX-License-Identifier: GPL-2.0-or-later

tools += speaker

speaker_sources	 = $(bgp_test_codec) $(bgp_test_lib) tests/unit/vectors.c
