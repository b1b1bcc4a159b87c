#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# In the guest: the same routes into the kernel by a bare batch writer and by
# vrsd, both into a VNet, and by FRR and by BIRD, both into a plain table.
# Prints "WHO FIGURE VALUE" lines.
#
#	nva  10.77.1.1, 10.77.1.2: the speakers
#	rs   10.77.0.1
#
# usage: guest.sh COUNT WHO...

. "${0%/*}/../../lib.sh"
. "${0%/*}/../memory.sh"

count=$1
shift
run=$(mktemp -d)
defer rm -rf "$run"
chmod 777 "$run"
ulimit -n 4096

# The speakers' end of a cable; ours is the device nva.
add_nva() {
	add_guest nva 02:00:00:00:00:01 10.77.1.1/16
	must ip -n nva address add 10.77.1.2/16 dev eth0
}

del_nva() {
	ip link del nva
	ip netns del nva
}

bench() {
	local who=$1
	shift
	nice -n -5 route_bench -n "$count" "$@" >"$run/out" 2>"$run/err" || {
		echo "$who: $(cat "$run/err")" >&2
		tail -n 5 "$run"/*.log >&2
		exit 1
	}
	sed "s/^/$who /" "$run/out"
}

# bench_daemon START WHO OPTION...: who is measured is started by START when the
# kernel is listened to already.
bench_daemon() {
	local start=$1 bench
	shift

	mkfifo "$run/begin"
	bench "$@" -w "$run/begin" &
	bench=$!
	exec 5>"$run/begin"
	$start 5>&-
	exec 5>&-
	wait $bench || exit
	rm "$run/begin"
}

# ended PID: it, and all that it has started.
ended() { ! kill -0 "$1" 2>/dev/null; }
end() {
	kill -TERM "$1"
	wait_until 30 ended "$1" || kill -KILL "$1"
}

#
# Into a VNet
#

add_vnet() {
	must ip link add blue type vnet vni 5001 table 100 bgp_table 101
	must ip link set blue up
	must ip route add 10.77.0.0/16 dev blue table 100
	must ip address add 10.77.0.1/32 dev blue
	enslave nva blue 10.77.1.1 10.77.1.2
	must vrs nic set nva forwarding on
	must ip nexthop add id 1 via 10.77.1.1 dev blue
	must ip nexthop add id 2 group 1
}

run_netlink() {
	add_nva
	add_vnet
	bench netlink -o -t 101 netlink 2
	ip link del blue
	ip nexthop flush >/dev/null 2>&1
	del_nva
}

start_vrsd() {
	vrsd -c "$run/vrsd.yaml" -r "$run/rs" -u nobody >"$run/vrsd.log" 2>&1 &
	pid=$!
	wait_until 30 grep -q serves "$run/vrsd.log" || bail_out "vrsd does not start"
}

run_vrsd() {
	add_nva
	cat >"$run/vrsd.yaml" <<-EOT
	vnets:
	  - name: blue
	    vni: 5001
	    table: 100
	    bgp-table: 101
	    max-routes: 2000000
	    address-spaces: [10.77.0.0/16]
	    nics:
	      - { device: nva, mac: "02:00:00:00:00:01", addresses: [10.77.1.1, 10.77.1.2], ip-forwarding: true }
	    route-server:
	      asn: 65000
	      addresses: [10.77.0.1]
	      neighbors:
	        - { name: one, address: 10.77.1.1, asn: 64600 }
	        - { name: two, address: 10.77.1.2, asn: 64601 }
	EOT
	rm -rf "$run/rs"		# or it is a restart, which waits for all
	bench_daemon start_vrsd "$@" -o -t 101 bgp nva
	memory "$count" "$count" | sed "s/^/$1 /"
	end $pid
	ip link del blue
	ip nexthop flush >/dev/null 2>&1
	del_nva
}

#
# Into a plain table
#

start_bird() {
	bird -f -c "$run/bird.conf" -s "$run/ctl" -P "$run/pid" >"$run/bird.out" 2>&1 &
	pid=$!
	sleep 2
}

run_bird() {
	add_nva
	must ip address add 10.77.0.1/16 dev nva
	cat >"$run/bird.conf" <<-EOT
	router id 10.77.0.1;
	log "$run/bird.log" all;
	protocol device {}
	protocol direct { ipv4; }
	protocol kernel { ipv4 { export where source = RTS_BGP; }; kernel table 101; }
	template bgp speaker {
	  local 10.77.0.1 as 65000;
	  passive on;
	  ipv4 { import all; export all; };
	}
	protocol bgp one from speaker { neighbor 10.77.1.1 as 64600; }
	protocol bgp two from speaker { neighbor 10.77.1.2 as 64601; }
	EOT
	bench_daemon start_bird "$@" -t 101 bgp nva
	end $pid
	ip route flush table 101
	del_nva
}

start_frr() {
	/usr/lib/frr/zebra -d -i "$run/zebra.pid" -z "$run/frr/zserv" --vty_socket "$run/frr" \
		-f /dev/null >"$run/zebra.log" 2>&1
	/usr/lib/frr/bgpd -S -i "$run/bgpd.pid" -z "$run/frr/zserv" --vty_socket "$run/frr" \
		-l 10.77.0.1 -f "$run/frr.conf" >"$run/bgpd.log" 2>&1 &
	sleep 3
}

run_frr() {
	add_nva
	must ip address add 10.77.0.1/16 dev nva
	cat >"$run/frr.conf" <<-EOT
	log file $run/frr.log warnings
	router bgp 65000
	 bgp router-id 10.77.0.1
	 no bgp ebgp-requires-policy
	 no bgp enforce-first-as
	 coalesce-time 1
	 neighbor 10.77.1.1 remote-as 64600
	 neighbor 10.77.1.1 passive
	 neighbor 10.77.1.2 remote-as 64601
	 neighbor 10.77.1.2 passive
	EOT
	mkdir -p "$run/frr"
	chmod 777 "$run/frr"
	bench_daemon start_frr "$@" -t 254 bgp nva
	end "$(cat "$run/bgpd.pid")"
	end "$(cat "$run/zebra.pid")"
	ip route flush proto bgp
	del_nva
}

load_module
# As vrsd has it: the kernel tells less of a route, and seldom waits for readers.
sysctl -qw net.ipv4.nexthop_compat_mode=0 net.ipv4.fib_sync_mem=16777216
for who; do
	case $who in
	netlink) run_netlink ;;
	vrsd-busy) run_vrsd vrsd-busy -p ;;
	vrsd | bird | frr) "run_$who" "$who" ;;
	esac
done
exit 0
