# SPDX-License-Identifier: GPL-2.0-or-later

tools += effrandom

effrandom_sources	:= tests/tools/effmodel.c $(wildcard agent/fib/*.c) \
			   $(addprefix agent/lib/,addr.c hash.c idhash.c log.c \
			   loop.c mac.c pages.c slab.c util.c)
effrandom_libs		:= -lmnl -levent_core
effrandom_cflags	:= -I tests/tools
