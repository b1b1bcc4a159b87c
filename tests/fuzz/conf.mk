# SPDX-License-Identifier: GPL-2.0-or-later

fuzzers += conf_fuzz

conf_fuzz_sources	:= $(addprefix agent/conf/,check.c check_azure.c check_keys.c check_map.c conf.c diff.c keys.c map.c node.c \
			   print.c schema.c) \
			   $(addprefix agent/lib/,addr.c log.c utf8.c util.c)
conf_fuzz_libs		:= -lyaml
