# SPDX-License-Identifier: GPL-2.0-or-later

fib_test_lib := $(addprefix agent/lib/,addr.c hash.c idhash.c log.c pages.c \
		slab.c util.c)

unit_tests += fib_want_test fib_audit_test fib_retry_test fib_rtm_test \
	      fib_dropped_test fib_links_test fib_hosts_test fib_monitor_test \
	      fib_start_test

fib_want_test_sources := $(addprefix agent/fib/,want.c group.c nhid.c) \
			 $(fib_test_lib)
fib_audit_test_sources := $(fib_want_test_sources)
fib_retry_test_sources := $(fib_want_test_sources)
fib_dropped_test_sources := agent/fib/dropped.c $(fib_test_lib)
fib_links_test_sources := $(addprefix agent/fib/,links.c rtm.c netlink.c) \
			  $(fib_test_lib)
fib_links_test_libs := -lmnl -Wl,--wrap=netlink_dump
fib_hosts_test_sources := $(addprefix agent/,fib/hosts.c lib/mac.c) \
			  $(fib_test_lib)
fib_hosts_test_libs := $(compared_libs)
fib_monitor_test_sources := $(addprefix agent/fib/,index.c links.c monitor.c \
			    netlink.c nhid.c rtm.c) $(fib_test_lib)
any_socket_libs := -Wl,--wrap=netlink_open -Wl,--wrap=netlink_set_room \
		   -Wl,--wrap=mnl_socket_setsockopt
fib_monitor_test_libs := -lmnl -Wl,--wrap=strcmp $(any_socket_libs)
fib_start_test_sources := $(wildcard agent/fib/*.c) \
			  $(addprefix agent/lib/,loop.c mac.c) $(fib_test_lib)
fib_start_test_libs := -lmnl -levent_core $(any_socket_libs) \
		       -Wl,--wrap=netlink_talk -Wl,--wrap=netlink_dump \
		       -Wl,--wrap=netlink_dump_start \
		       -Wl,--wrap=netlink_dump_next -Wl,--wrap=genl_resolve \
		       -Wl,--wrap=open
fib_rtm_test_sources  := $(addprefix agent/fib/,rtm.c netlink.c) $(fib_test_lib)
fib_rtm_test_libs     := -lmnl -lnl-route-3 -lnl-3
fib_rtm_test_cflags   := -I /usr/include/libnl3
