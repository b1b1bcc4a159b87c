#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Interoperability with BIRD, which is the witness too, in another process.

# shellcheck source=interop.bash
. "${0%/*}/interop.bash"

ctl() { of_peer birdc -s "$run/peer.ctl" "$@"; }

peer_version() { of_peer bird --version 2>&1 | sed -n 's/^BIRD version //p'; }

# write_session FAMILY
write_session() {
	cat <<-EOF2
	protocol static static$1 {
	  ipv$1;
	  include "$run/static$1.conf";
	}
	protocol bgp rs$1 {
	  local $(peer_address "$1") as $peer_asn;
	  neighbor $(instance "$1") as 65515;
	  ${peer_gtsm:-multihop 2};
	  connect delay time 1;
	  ${peer_password:+password \"$peer_password\";}
	  ${peer_role:+local role $peer_role;}
	  ipv$1 {
	    ${peer_add_path:+add paths on;}
	    import all;
	    export where source = RTS_STATIC;
	    next hop self;
	  };
	}
	EOF2
}

peer_start() {
	peer_gtsm=${peer_gtsm:+direct; ttl security on}
	: >"$run/static4.conf"
	: >"$run/static6.conf"
	{
		echo "router id 10.1.2.4;"
		echo "log \"$run/peer.log\" all;"
		echo "protocol device {}"
		write_session 4
		write_session 6
	} >"$run/peer.conf"
	start_peer bird -f -c "$run/peer.conf" -s "$run/peer.ctl" -P "$run/peer.pid"
	wait_until 10 ctl show status
}

statics_of() { [[ $1 = *:* ]] && echo "$run/static6.conf" || echo "$run/static4.conf"; }

peer_announce() {
	local prefix=$1 community set=

	for community in "${@:2}"; do
		community=${community//:/,}
		[[ $community = *,*,* ]] &&
			set+="bgp_large_community.add(($community)); " ||
			set+="bgp_community.add(($community)); "
	done
	echo "route $prefix blackhole { $set };" >>"$(statics_of "$prefix")"
	ctl configure
}

peer_withdraw() {
	sed -i "\\|^route $1 |d" "$(statics_of "$1")"
	ctl configure
}

# BIRD 2 and BIRD 3 call attributes by different names.
peer_has() {
	ctl show route all for "$1" >"$run/peer.routes"
	grep -qE "(BGP\.as_path|bgp_path): $2\$" "$run/peer.routes" &&
		grep -qE "(BGP\.|bgp_)next_hop: $(hop_of "$1")( |\$)" "$run/peer.routes"
}

peer_refresh() { ctl reload in rs4; }

# BIRD 3 has kept what it needs for a reload, and asks nobody.
features=(routes as4 communities refresh md5 gtsm roles add_path)
[[ $(peer_version) != 3.* ]] || features=("${features[@]/refresh/}")
# shellcheck disable=SC2068 # one of them may be empty
run_features BIRD ${features[@]}
