#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Segments of a BGP session from those it is none of theirs, with all numbers right:
# none gets there, and the session goes on. From its own end the same one ends it.
#
#	nva	10.1.2.4, fd00:10:1:2::4 (AS 65001), BIRD
#	evil	10.1.0.4, fd00:10:1::4
#	router	10.1.3.4, fd00:10:1:3::4, whose NIC has IP forwarding
#	blue	10.1.1.4, fd00:10:1:1::4 (AS 65515), vrsd

. "${0%/*}/../lib.sh"
. "${0%/*}/../datapath.sh"
. "${0%/*}/../vrsd.sh"

load_module
add_guest nva 02:00:00:00:02:04 10.1.2.4/24 fd00:10:1:2::4/64
add_guest evil 02:00:00:00:00:04 10.1.0.4/24 fd00:10:1::4/64
add_guest router 02:00:00:00:03:04 10.1.3.4/24 fd00:10:1:3::4/64

cat >"$run/vrsd.yaml" <<-EOT
	vnets:
	  - name: blue
	    vni: 5001
	    table: 100
	    bgp-table: 101
	    address-spaces: [10.1.0.0/16, "fd00:10:1::/48"]
	    nics:
	      - { device: nva, mac: "02:00:00:00:02:04", addresses: [10.1.2.4, "fd00:10:1:2::4"], ip-forwarding: true }
	      - { device: evil, mac: "02:00:00:00:00:04", addresses: [10.1.0.4, "fd00:10:1::4"] }
	      - { device: router, mac: "02:00:00:00:03:04", addresses: [10.1.3.4, "fd00:10:1:3::4"], ip-forwarding: true }
	    route-server:
	      addresses: [10.1.1.4, "fd00:10:1:1::4"]
	      neighbors:
	        - { name: nva, address: 10.1.2.4, asn: 65001 }
	        - { name: nva6, address: "fd00:10:1:2::4", asn: 65001 }
EOT
start_vrsd

# bird_config THIRD-OCTET: which route it announces, and so when it speaks
bird_config() {
	cat >"$run/bird.conf" <<-EOT
		router id 10.1.2.4;
		protocol device {}
		protocol static { ipv4; route 10.250.$1.0/24 blackhole; }
		protocol static { ipv6; route fd00:250:$1::/48 blackhole; }
		protocol bgp server4 {
			local 10.1.2.4 as 65001; neighbor 10.1.1.4 as 65515;
			multihop; connect delay time 1;
			ipv4 { import all; export where source = RTS_STATIC; next hop self; };
		}
		protocol bgp server6 {
			local fd00:10:1:2::4 as 65001; neighbor fd00:10:1:1::4 as 65515;
			multihop; connect delay time 1;
			ipv6 { import all; export where source = RTS_STATIC; next hop self; };
		}
	EOT
}
bird_config 1
must in_vm nva bird -c "$run/bird.conf" -s "$run/bird.ctl" -P "$run/bird.pid"

# established NEIGHBOUR: how many sessions it has had so far
established() {
	ask show peers -j | jq --arg p "$1" '.[] | select(.neighbor == $p) | .established'
}
learned() {
	ask show learned nva -j | jq -e --arg p "$1" 'any(.[]?[]?; .network == $p)'
}

# overhear EXPRESSION N: sets nva_port server_port seq ack as the NVA's next segment
# will have them; it is made to speak by a change to bird_config N
overhear() {
	local out=$run/segment capture

	ip netns exec nva timeout "$(seconds 90)" tcpdump -Z root -S -U -l -nn -i eth0 \
		"$1" >"$out" 2>"$out.err" &
	capture=$!
	must wait_until 20 grep -q "listening on" "$out.err"
	bird_config "$2"
	must birdc -s "$run/bird.ctl" configure >/dev/null
	must wait_until 60 grep -q "seq [0-9]*:[0-9]*, ack" "$out"
	sleep 1		# until both have acknowledged
	kill $capture
	wait $capture 2>/dev/null
	read -r nva_port server_port seq ack < <(sed -nE \
		's/.*[. ]([0-9]+) > .*\.([0-9]+): Flags .* seq [0-9]+:([0-9]+), ack ([0-9]+),.*/\1 \2 \3 \4/p' \
		"$out" | tail -n 1)
	[ -n "${ack:-}" ] || bail_out "nothing overheard: $(cat "$out")"
}

# forged FROM FLAGS SEQ ACK [LENGTH]: as the NVA to the route server
forged() {
	in_vm "$1" forge eth0 12:34:56:78:9a:bc tcp "$nva" "$nva_port" \
		"$server" "$server_port" "${@:2}"
}

# forged_back FROM FLAGS SEQ ACK: as the route server to the NVA
forged_back() {
	in_vm "$1" forge eth0 12:34:56:78:9a:bc tcp "$server" "$server_port" \
		"$nva" "$nva_port" "${@:2}"
}

check "the sessions come up" wait_until 60 sessions 2
check "with a route" wait_until 20 learned 10.250.1.0/24
# Where all is slow one may have come to nothing meanwhile.
had4=$(established nva)
had6=$(established nva6)

n=1
for family in IPv4 IPv6; do
	((++n))
	if [ $family = IPv4 ]; then
		nva=10.1.2.4 server=10.1.1.4
		push='tcp and tcp[13] & 8 != 0'
	else
		nva=fd00:10:1:2::4 server=fd00:10:1:1::4
		push='ip6 proto 6 and ip6[53] & 8 != 0'
	fi
	overhear "src host $nva and dst host $server and $push" $n
	for from in evil router; do
		check_counter "a reset, $family from $from" $from \
			drop_spoofed_addr forged $from R "$seq" 0
		check_counter "with acknowledgement" $from \
			drop_spoofed_addr forged $from RA "$seq" "$ack"
		check_counter "a new connection" $from \
			drop_spoofed_addr forged $from S "$seq" 0
		check_counter "an end" $from \
			drop_spoofed_addr forged $from FA "$seq" "$ack"
		check_counter "a message" $from \
			drop_spoofed_addr forged $from PA "$seq" "$ack" 19
	done
	check_counter "a reset of the route server's, from evil" evil \
		drop_spoofed_addr forged_back evil R "$ack" 0
	check_counter "a message of the route server's" evil \
		drop_spoofed_addr forged_back evil PA "$ack" "$seq" 19
done
check "both sessions are there" sessions 2
check_equal "the same ones as before, in IPv4" "${had4:?}" established nva
check_equal "and in IPv6" "${had6:?}" established nva6
((++n))
bird_config $n
must birdc -s "$run/bird.ctl" configure >/dev/null
check "and go on" wait_until 20 learned 10.250.$n.0/24
overhear "src host $nva and dst host $server and $push" $((n + 1))
must forged nva RA "$seq" "$ack"
check "the same reset from the NVA itself ends its session" \
	wait_until 60 eval '[ "$(established nva6)" = $((had6 + 1)) ]'
check_equal "no other" "$had4" established nva
ktap_finish
