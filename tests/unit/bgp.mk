# SPDX-License-Identifier: GPL-2.0-or-later

bgp_test_lib	:= $(addprefix agent/lib/,addr.c buf.c hash.c log.c utf8.c util.c)
bgp_test_codec	:= $(addprefix agent/bgp/,as_path.c attr.c attr_wire.c bgp.c \
		   community.c msg.c nlri.c notify.c open.c reflect.c update_build.c \
		   update_parse.c)
bgp_test_fsm	:= $(addprefix agent/bgp/,fsm.c peer.c restart.c)

unit_tests += addr_test buf_test hash_test idhash_test log_test loop_test \
	      mac_test util_test
unit_tests += bgp_attr_test bgp_collide_test bgp_fsm_collision_test bgp_fsm_test \
	      bgp_restart_test bgp_roundtrip_test bgp_vectors_test

addr_test_sources	 := agent/lib/addr.c
buf_test_sources	 := agent/lib/buf.c
hash_test_sources	 := $(bgp_test_lib)
idhash_test_sources	 := $(addprefix agent/lib/,idhash.c log.c pages.c util.c)
log_test_sources	 := agent/lib/log.c
loop_test_sources	 := agent/lib/loop.c agent/lib/log.c agent/lib/util.c
loop_test_libs		 := -levent_core
mac_test_sources	 := agent/lib/mac.c
util_test_sources	 := agent/lib/log.c agent/lib/util.c
bgp_attr_test_sources	 := $(bgp_test_codec) $(bgp_test_lib)
bgp_roundtrip_test_sources	 := $(bgp_test_fsm) $(bgp_test_codec) $(bgp_test_lib)
bgp_vectors_test_sources := $(bgp_test_codec) $(bgp_test_lib) \
			    tests/unit/vectors.c
bgp_collide_test_sources := $(bgp_test_fsm) $(bgp_test_codec) $(bgp_test_lib)
bgp_fsm_collision_test_sources := tests/unit/fsm_rig.c $(bgp_test_fsm) $(bgp_test_codec) \
			      $(bgp_test_lib)
bgp_fsm_test_sources	 := tests/unit/fsm_rig.c $(bgp_test_fsm) $(bgp_test_codec) \
			    $(bgp_test_lib)
bgp_restart_test_sources := tests/unit/fsm_rig.c $(bgp_test_fsm) $(bgp_test_codec) \
			    $(bgp_test_lib)
