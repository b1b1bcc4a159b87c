# SPDX-License-Identifier: GPL-2.0-or-later

conf_test_conf	:= $(addprefix agent/conf/,check.c check_azure.c check_keys.c \
		   check_map.c check_server.c conf.c fields.c keys.c map.c \
		   node.c schema.c) tests/unit/conf_print.c
conf_test_lib	:= $(addprefix agent/lib/,addr.c log.c mac.c utf8.c util.c)

unit_tests += conf_test

# what tests with compared.h are linked with
compared_libs		:= -Wl,--wrap=addr_cmp -Wl,--wrap=addr_equal

conf_test_sources	:= $(conf_test_conf) $(conf_test_lib)
conf_test_libs		:= -lyaml $(compared_libs)
