# SPDX-License-Identifier: GPL-2.0-or-later

unit_tests += chan_test msg_test out_test request_test

chan_test_sources := agent/vrsd/chan.c agent/lib/loop.c agent/lib/log.c \
		     agent/lib/util.c
chan_test_libs := -levent_core
msg_test_sources := agent/vrsd/msg.c
msg_test_libs := -ljansson
out_test_sources := agent/vrsd/out.c agent/lib/util.c agent/lib/log.c
request_test_sources := agent/ctl/request.c agent/lib/utf8.c
request_test_libs := -ljansson

unit_tests += ctl_server_test
ctl_server_test_sources := $(addprefix agent/ctl/,server.c request.c) \
			   $(addprefix agent/lib/,log.c loop.c utf8.c util.c)
ctl_server_test_libs := -ljansson -levent_core

unit_tests += session_conn_test
session_conn_test_sources := $(addprefix agent/vrsd/,out.c session_conn.c) \
			     $(addprefix agent/lib/,log.c loop.c util.c)
session_conn_test_libs := -levent_core

unit_tests += session_test
session_test_sources	:= $(addprefix agent/vrsd/,peer.c session.c) \
			   $(addprefix agent/lib/,addr.c hash.c idhash.c \
			   log.c pages.c util.c)
session_test_libs	:= $(compared_libs)

unit_tests += segments_test
segments_test_sources	:= agent/vrsd/segments.c
segments_test_libs	:= -Wl,--wrap=open

unit_tests += apply_test
apply_test_sources	:= $(addprefix agent/vrsd/,apply.c auth.c) \
			   $(addprefix agent/lib/,hash.c idhash.c pages.c) \
			   $(conf_test_conf) $(conf_test_lib)
apply_test_libs		:= -lyaml $(compared_libs)
