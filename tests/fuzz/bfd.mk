# SPDX-License-Identifier: GPL-2.0-or-later

fuzzers += bfd_fuzz

bfd_fuzz_sources := $(addprefix agent/bfd/,fsm.c packet.c) \
		    $(addprefix agent/lib/,buf.c log.c util.c)
