# SPDX-License-Identifier: GPL-2.0-or-later

sanitized_tools += fibctl

fibctl_sources	:= $(wildcard agent/fib/*.c) \
		   $(addprefix agent/lib/,addr.c hash.c idhash.c log.c loop.c \
		   mac.c pages.c slab.c util.c)
fibctl_libs	:= -lmnl -levent_core
