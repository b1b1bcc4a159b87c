#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# In the guest: two NVAs with the same prefixes, one of them goes, for each
# number of prefixes. Prints "ours MODE COUNT FIGURE VALUE" lines.
#
#	vm1   10.77.2.1
#	nva1  10.77.1.1	nva2 10.77.1.2 (both AS 64600)
#	rs    10.77.0.1 (AS 65000)
#
# usage: guest.sh COUNT...

. "${0%/*}/../../lib.sh"
. "${0%/*}/../memory.sh"

set -o pipefail
run=$(mktemp -d)
defer rm -rf "$run"
chmod 755 "$run"

# add_nva NAME MAC ADDR/PLEN: a guest whose NIC is two taps, with failover_bench in
# between
add_nva() {
	add_netns "$1"
	must ip tuntap add dev "$1" mode tap
	must ip -n "$1" tuntap add dev eth0 mode tap
	must ip link set "$1" up
	must ip -n "$1" link set eth0 address "$2"
	address_guest "$1" "$3"
}

# write_bfd NAME ADDRESS: a program that starts what speaks BFD there, if it does not
# run, and succeeds if that is up. Not before it is needed: a busy machine is too slow
# for it now and then.
write_bfd() {
	cat >"$run/$1.conf" <<-EOT
		router id $2;
		protocol device {}
		protocol bfd {
		  multihop { interval 50 ms; multiplier 3; };
		  neighbor 10.77.0.1 local $2 multihop on;
		}
	EOT
	cat >"$run/$1.bfd" <<-EOT
		[ -e $run/$1.pid ] ||
			ip netns exec $1 nice -n -10 bird -c $run/$1.conf -s $run/$1.ctl -P $run/$1.pid
		vrs -s $run/rs/vrsd.sock show bfd -j | jq -e 'any(.[]; .state == "Up")' >/dev/null
	EOT
}

ended() { ! kill -0 "$1" 2>/dev/null; }

# run_ours COUNT MODE
run_ours() {
	local backup=()

	[ "$2" = ecmp ] || backup=(-b)
	add_guest vm1 02:00:00:00:00:01 10.77.2.1/16
	add_nva nva1 02:00:00:00:00:02 10.77.1.1/16
	add_nva nva2 02:00:00:00:00:03 10.77.1.2/16
	cat >"$run/vrsd.yaml" <<-EOT
	vnets:
	  - name: blue
	    vni: 5001
	    table: 100
	    bgp-table: 101
	    max-routes: 2000000
	    address-spaces: [10.77.0.0/16]
	    nics:
	      - { device: vm1, mac: "02:00:00:00:00:01", addresses: [10.77.2.1] }
	      - { device: nva1, mac: "02:00:00:00:00:02", addresses: [10.77.1.1], ip-forwarding: true }
	      - { device: nva2, mac: "02:00:00:00:00:03", addresses: [10.77.1.2], ip-forwarding: true }
	    route-server:
	      asn: 65000
	      addresses: [10.77.0.1]
	      neighbors:
	        - { name: nva1, address: 10.77.1.1, asn: 64600, bfd: { interval: 50, multiplier: 3, multihop: true } }
	        - { name: nva2, address: 10.77.1.2, asn: 64600 }
	EOT
	rm -rf "$run/rs"		# or it is a restart, which waits for all
	vrsd -c "$run/vrsd.yaml" -r "$run/rs" -u nobody >"$run/vrsd.log" 2>&1 &
	pid=$!
	wait_until 30 grep -q serves "$run/vrsd.log" || bail_out "vrsd does not start"
	write_bfd nva1 10.77.1.1
	nice -n -5 failover_bench "${backup[@]}" -e $ends -n "$1" \
		"bash -c '. ${0%/*}/../memory.sh; memory $((2 * $1)) $1'" \
		"sh $run/nva1.bfd" "ip link del nva1" \
		2>"$run/err" | sed -u "s/^/ours $2 $1 /" || {
		echo "$2 $1: $(cat "$run/err")" >&2
		tail -n 5 "$run/vrsd.log" >&2
		exit 1
	}
	kill "$(cat "$run/nva1.pid")"
	rm -f "$run/nva1.pid"
	kill -TERM $pid
	wait_until 60 ended $pid || kill -KILL $pid
	ip link del blue
	ip nexthop flush >/dev/null 2>&1
	for name in vm1 nva1 nva2; do
		ip link del $name 2>/dev/null
		ip netns del $name
	done
}

load_module
[ -e /dev/net/tun ] || must modprobe tun
# A time of processes is whole ticks of the clock, and one event may meet one more:
# where times are compared, that is not to decide.
[ $# -gt 1 ] && ends=3 || ends=1
for count; do
	run_ours "$count" ecmp
	run_ours "$count" backup
done
exit 0
