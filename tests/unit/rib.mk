# SPDX-License-Identifier: GPL-2.0-or-later

rib_test_rib	:= $(addprefix agent/rib/,adjin.c adjout.c attrset.c decide.c \
		   feed.c group.c idq.c idset.c inbound.c lag.c limit.c map.c net.c \
		   outbound.c outsum.c pack.c paths.c peer.c revise.c rib.c space.c \
		   summary.c walk.c)
rib_test_bgp	:= $(addprefix agent/bgp/,as_path.c attr.c attr_wire.c bgp.c \
		   community.c msg.c nlri.c notify.c open.c reflect.c update_build.c \
		   update_parse.c)
rib_test_lib	:= $(addprefix agent/lib/,addr.c buf.c hash.c idhash.c log.c \
		   pages.c slab.c utf8.c util.c)

unit_tests += rib_oracle_test rib_decide_test rib_store_test

rib_oracle_test_sources	:= $(rib_test_rib) $(rib_test_bgp) $(rib_test_lib) \
			   agent/conf/map.c tests/unit/rib_model.c
rib_decide_test_sources	:= $(rib_test_rib) $(rib_test_bgp) $(rib_test_lib) \
			   agent/conf/map.c tests/unit/rib_cases.c
rib_store_test_sources	:= $(rib_test_rib) $(rib_test_bgp) $(rib_test_lib) \
			   agent/conf/map.c

# Maps are written as in a configuration.
rib_test_maps		:= $(rib_test_rib) $(rib_test_bgp) $(rib_test_lib) \
			   $(conf_test_conf) agent/lib/mac.c tests/unit/rib_map_text.c

unit_tests += rib_map_test
rib_map_test_sources	:= $(rib_test_maps) tests/unit/rib_cases.c
rib_map_test_libs	:= -lyaml

unit_tests += rib_limit_test
rib_limit_test_sources	:= $(rib_test_maps)
rib_limit_test_libs	:= -lyaml

unit_tests += rib_remap_test
rib_remap_test_sources	:= $(rib_test_maps)
rib_remap_test_libs	:= -lyaml

unit_tests += rib_backup_test
rib_backup_test_sources	:= $(rib_store_test_sources)

unit_tests += rib_review_cost_test
rib_review_cost_test_sources := $(rib_test_maps)
rib_review_cost_test_libs    := -lyaml -Wl,--wrap=rib_map_apply \
			   -Wl,--wrap=decide_commit

unit_tests += rib_paths_test
rib_paths_test_sources	:= $(rib_test_maps)
rib_paths_test_libs	:= -lyaml

unit_tests += rib_outsum_test
rib_outsum_test_sources	:= $(rib_test_maps)
rib_outsum_test_libs	:= -lyaml

unit_tests += rib_outsum_cost_test
rib_outsum_cost_test_sources := $(rib_test_maps)
rib_outsum_cost_test_libs    := -lyaml -Wl,--wrap=adjout_export \
			   -Wl,--wrap=bgp_attrs_nexthop -Wl,--wrap=addr_cmp

unit_tests += riblimit_test
riblimit_test_sources	:= $(rib_store_test_sources) agent/vrsd/riblimit.c

unit_tests += ribstale_test
ribstale_test_sources	:= $(rib_test_bgp) $(rib_test_lib) agent/vrsd/ribstale.c
