# SPDX-License-Identifier: GPL-2.0-or-later

bfd_test_lib := $(addprefix agent/lib/,buf.c log.c util.c)

unit_tests += bfd_packet_test bfd_fsm_test bfd_filter_test

bfd_packet_test_sources	:= agent/bfd/packet.c $(bfd_test_lib) \
			   tests/unit/vectors.c
bfd_fsm_test_sources	:= agent/bfd/packet.c agent/bfd/fsm.c $(bfd_test_lib)
bfd_filter_test_sources	:= agent/bfd/filter.c agent/lib/addr.c $(bfd_test_lib)
