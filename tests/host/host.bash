# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What the tests of the agent share: a route server without a kernel module
# (vrsd --no-kernel) in one network namespace and NVAs in others, all on one
# bridge, as the module makes it look to them.
#
#	      rs 10.1.1.4, 10.1.1.5 (vrsd, AS 65515)
#	      |	 fd00:10:1:1::4, fd00:10:1:1::5
#	      +-- sdwan	   10.1.2.4, fd00:10:1:2::4 (FRR, AS 65001)
#	      +-- firewall 10.1.3.4, fd00:10:1:3::4 (BIRD, AS 65002)
#
# Namespaces are called by these names in this file's functions; on the system
# they have the test's process number in front, so that tests can run at once.

. "${0%/*}/../lib.sh"
. "${0%/*}/../peers.sh"

VNET_BUILD=${VNET_BUILD:-${0%/*}/../../build}
vrsd=$VNET_BUILD/vrsd
run=$(mktemp -d /tmp/vrsd-test.XXXXXX)
defer rm -rf "$run"
chmod 755 "$run"
# What a sanitizer says of a process that is ending anyway changes no status.
defer nothing_sanitized

ns() { echo "t$$-$1"; }
in_ns() { ip netns exec "$(ns "$1")" "${@:2}"; }
vrs() { "$VNET_BUILD/vrs" -s "$run/rs/vrsd.sock" "$@"; }
show_peers() { vrs show peers -j; }

# add_nva NAME N: 10.1.N.4 and fd00:10:1:N::4 on the bridge.
add_nva() {
	add_netns "$(ns "$1")"
	must ip -n "$(ns rs)" link add "$1" type veth peer name eth0 netns "$(ns "$1")"
	must ip -n "$(ns rs)" link set "$1" master br0 up
	must ip -n "$(ns "$1")" link set eth0 up
	must ip -n "$(ns "$1")" address add "10.1.$2.4/16" dev eth0
	must ip -n "$(ns "$1")" address add "fd00:10:1:$2::4/48" dev eth0 nodad
}

add_topology() {
	local addr

	add_netns "$(ns rs)"
	must ip -n "$(ns rs)" link add br0 type bridge
	must ip -n "$(ns rs)" link set br0 up
	for addr in 10.1.0.1/16 10.1.1.4/32 10.1.1.5/32; do
		must ip -n "$(ns rs)" address add $addr dev br0
	done
	for addr in fd00:10:1::1/48 fd00:10:1:1::4/128 fd00:10:1:1::5/128; do
		must ip -n "$(ns rs)" address add $addr dev br0 nodad
	done
	add_nva sdwan 2
	add_nva firewall 3
}

#
# vrsd
#

# write_config [ADDRESS-SPACE...]: the usual one, with more address spaces.
write_config() {
	{
		cat <<-EOF
		vnets:
		  - name: blue
		    vni: 5001
		    table: 100
		    bgp-table: 101
		    address-spaces:
		      - 10.1.0.0/16
		      - "fd00:10:1::/48"
		EOF
		printf '      - "%s"\n' "$@" | sed '/""/d'
		cat <<-EOF
		    route-server:
		      addresses: [10.1.1.4, 10.1.1.5, "fd00:10:1:1::4", "fd00:10:1:1::5"]
		      neighbors:
		        - { name: sdwan, address: 10.1.2.4, asn: 65001 }
		        - { name: firewall, address: 10.1.3.4, asn: 65002 }
		        - { name: sdwan6, address: "fd00:10:1:2::4", asn: 65001 }
		        - { name: firewall6, address: "fd00:10:1:3::4", asn: 65002 }
		EOF
	} >"$run/vrsd.yaml"
}

# start_vrsd [OPTION...]: with the log in $run/vrsd.log. Without no_kernel there is
# the process that programs the kernel, too.
no_kernel=-N
start_vrsd() {
	ip netns exec "$(ns rs)" "$vrsd" $no_kernel -d -c "$run/vrsd.yaml" -r "$run/rs" -u nobody "$@" \
		>>"$run/vrsd.log" 2>&1 &
	vrsd_pid=$!
	defer end_process $vrsd_pid
	wait_until 10 logged "serves $run/vrsd.yaml" ||
		{ ktap_comment <"$run/vrsd.log"; bail_out "vrsd does not start"; }
}

# stop_vrsd [SIGNAL]: returns its exit status.
stop_vrsd() {
	kill "-${1:-TERM}" $vrsd_pid
	wait $vrsd_pid 2>/dev/null
}

# listen_at ADDRESS: is the service manager (sd_notify(3)); each datagram becomes a line
# of $run/notified.
listen_at() {
	in_ns rs perl -MIO::Socket::UNIX -e '
		my $socket = IO::Socket::UNIX->new(Type => SOCK_DGRAM,
			Local => $ARGV[0] =~ s/^@/\0/r) or die "bind: $!";
		$| = 1;
		print "listening\n";
		print "$_\n" while defined $socket->recv($_, 4096);' "$1" >"$run/notified" &
	defer end_process $!
	must wait_until 10 grep -q listening "$run/notified"
}

# end_process PID: for clean-up, if it is still there, and not another's by now.
end_process() {
	grep -qsx "PPid:[[:space:]]*$$" "/proc/$1/status" || return 0
	kill -TERM "$1" 2>/dev/null || return 0
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		kill -0 "$1" 2>/dev/null || break
		sleep 0.2
	done
	kill -KILL "$1" 2>/dev/null
	wait "$1" 2>/dev/null
	return 0
}

# vrsd_process NAME: the process number of one of vrsd's processes.
vrsd_process() {
	pgrep -P "$vrsd_pid" -f "process=$1"
}

# Whether no sanitizer has said anything.
nothing_sanitized() {
	grep -qsE 'runtime error: |SUMMARY: ' "$run/vrsd.log" || return 0
	ktap_comment <"$run/vrsd.log"
	return 1
}

logged() { grep -qE -- "$1" "$run/vrsd.log"; }

#
# NVAs
#

# start_frr [LINE...]: with more lines for the router.
start_frr() {
	cat >"$run/frr.conf" <<-EOF
	log file $run/frr.log
	router bgp 65001
	 bgp router-id 10.1.2.4
	 no bgp ebgp-requires-policy
	 no bgp default ipv4-unicast
	 no bgp network import-check
	 neighbor RS peer-group
	 neighbor RS remote-as 65515
	 neighbor RS ebgp-multihop 2
	 neighbor RS timers connect 2
	 neighbor 10.1.1.4 peer-group RS
	 neighbor 10.1.1.5 peer-group RS
	 neighbor fd00:10:1:1::4 peer-group RS
	 neighbor fd00:10:1:1::5 peer-group RS
	$(printf ' %s\n' "$@")
	 address-family ipv4 unicast
	  network 10.250.0.0/16
	  neighbor 10.1.1.4 activate
	  neighbor 10.1.1.5 activate
	 exit-address-family
	 address-family ipv6 unicast
	  network fd00:250::/32
	  neighbor fd00:10:1:1::4 activate
	  neighbor fd00:10:1:1::5 activate
	 exit-address-family
	EOF
	run_frr
}

# run_frr: again, with the configuration that is there.
run_frr() {
	run_bgpd frr sdwan
	# shellcheck disable=SC2034 # for the scripts
	frr_pid=$!
}

# run_bgpd NAME NVA: FRR's, with $run/NAME.conf, its vty in $run/NAME. $! is its
# process.
run_bgpd() {
	mkdir -p "$run/$1"
	ip netns exec "$(ns "$2")" /usr/lib/frr/bgpd -Z -n -S -f "$run/$1.conf" \
		-i "$run/$1/bgpd.pid" --vty_socket "$run/$1" >>"$run/$1.out" 2>&1 &
	defer end_process $!
}

# run_bird NAME NVA: with $run/NAME.conf, its socket $run/NAME.ctl. $! is its
# process.
run_bird() {
	ip netns exec "$(ns "$2")" bird -f -c "$run/$1.conf" -s "$run/$1.ctl" \
		-P "$run/$1.pid" >>"$run/$1.out" 2>&1 &
	defer end_process $!
}

frr() { vtysh --vty_socket "$run/frr" -d bgpd -c "$1" "${@:2}"; }

frr_configure() {
	local args=() line

	for line; do
		args+=(-c "$line")
	done
	vtysh --vty_socket "$run/frr" -d bgpd -c "configure terminal" "${args[@]}"
}

# start_bird [OPTIONS]: more options for each session.
start_bird() {
	cat >"$run/bird.conf" <<-EOF
	router id 10.1.3.4;
	log "$run/bird.log" all;
	protocol device {}
	protocol static default4 { ipv4; route 0.0.0.0/0 blackhole; }
	protocol static default6 { ipv6; route ::/0 blackhole; }
	template bgp azure {
	  local as 65002;
	  multihop;
	  connect delay time 1;
	  ${1-}
	}
	template bgp azure4 from azure {
	  ipv4 { import all; export where source = RTS_STATIC; next hop self; };
	}
	template bgp azure6 from azure {
	  ipv6 { import all; export where source = RTS_STATIC; next hop self; };
	}
	protocol bgp rs0 from azure4 { neighbor 10.1.1.4 as 65515; }
	protocol bgp rs1 from azure4 { neighbor 10.1.1.5 as 65515; }
	protocol bgp rs06 from azure6 { neighbor fd00:10:1:1::4 as 65515; }
	protocol bgp rs16 from azure6 { neighbor fd00:10:1:1::5 as 65515; }
	EOF
	run_bird bird firewall
	# shellcheck disable=SC2034 # for the scripts
	bird_pid=$!
}

bird() { birdc -s "$run/bird.ctl" "$@"; }

# small_buffers NAMESPACE...: what waits in the kernel would be megabytes.
small_buffers() {
	local nva

	for nva; do
		in_ns "$nva" sysctl -q net.ipv4.tcp_rmem="4096 16384 16384" \
			net.ipv4.tcp_wmem="4096 16384 16384"
	done
}

# many_routes: 1,024 routes in as many UPDATEs of 1.9 KB, for a BIRD.
many_routes() {
	local i

	echo "function much() {"
	printf 'bgp_community.add((65002,%d));\n' {1000..1449}
	printf '}\nprotocol static many { ipv4;\n'
	for ((i = 0; i < 1024; i++)); do
		echo "route 10.$((192 + i / 256)).$((i % 256)).0/24 blackhole" \
			"{ much(); bgp_community.add((65003,$i)); };"
	done
	echo "}"
}

#
# What is to be seen
#

# learned NEIGHBOR PREFIX: and in use, on all sessions with the neighbor.
learned() {
	vrs show learned "$1" -j |
		jq -e --arg p "$2" '[.[]?[]? | select(.network == $p and .best)] | length == 2'
}

# unlearned NEIGHBOR PREFIX: on none of the sessions with the neighbor, in use or not.
unlearned() {
	vrs show learned "$1" -j |
		jq -e --arg p "$2" '[.[]?[]? | select(.network == $p)] | length == 0'
}

# frr_has PREFIX PATH: FRR has it from both instances with this AS path and the
# instance as next hop.
frr_has() {
	local family=ipv4

	[[ $1 != *:* ]] || family=ipv6
	frr "show bgp $family unicast $1 json" |
		jq -e --arg path "$2" '[.paths[] | select(.aspath.string == $path and
			(.peer.peerId as $id | any(.nexthops[]; .ip == $id)))] | length == 2'
}

# frr_lacks PREFIX: from whomever.
frr_lacks() {
	local family=ipv4

	[[ $1 != *:* ]] || family=ipv6
	frr "show bgp $family unicast $1 json" | jq -e '.paths // [] | length == 0'
}

# bird_has PREFIX PATH: the same of BIRD; PATH is a list of AS numbers.
bird_has() {
	[ "$(bird show route all for "$1" | awk -v want="$1" -v path="$2" '
		/ from / { match($0, /from [^ ]+/); from = substr($0, RSTART + 5, RLENGTH - 6); sub(/].*/, "", from) }
		/BGP.as_path:/ { sub(/.*BGP.as_path: */, ""); ok = $0 == path }
		/BGP.next_hop:/ && ok && $2 == from { n++ }
		END { print n + 0 }')" -eq 2 ]
}

# bird_lacks PREFIX: BIRD has it in no table.
bird_lacks() {
	bird show route count where net = "$1" | grep -q "^Total: 0 of "
}
