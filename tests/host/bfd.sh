#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# BFD with FRR and BIRD, IPv4 and IPv6, single hop and multihop: up, other
# parameters, silent death, AdminDown, forged packets, floods, neighbors of a range.

. "${0%/*}/host.bash"

add_topology
add_nva guest 4
must ip -n "$(ns guest)" address add 10.1.5.4/16 dev eth0

# All neighbors. Detection times are long for BFD: a test may have to wait for
# its turn, and FRR and BIRD do not ask for a better one.
configure() {
	write_config
	sed -i "/name: sdwan/s/ }$/, bfd: { interval: 200, multiplier: 12 } }/
		/name: firewall/s/ }$/, bfd: { interval: 250, multiplier: 10, multihop: true } }/" "$run/vrsd.yaml"
}

# forge NVA TO PORT TTL COUNT [FROM]: so many packets, and as many parts of one.
forge() {
	ip netns exec "$(ns "$1")" /usr/bin/python3 - "${@:2}" <<-'EOT'
	import socket, struct, sys
	to, port, ttl, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
	if ":" in to:
	    s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
	    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, ttl)
	else:
	    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
	    s.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, ttl)
	s.bind((sys.argv[5] if len(sys.argv) > 5 else "", 50000))
	down = struct.pack("!BBBBIIIII", 0x21, 0x40, 3, 24, 7, 0, 100000, 100000, 0)
	for i in range(count):
	    s.sendto(down, (to, port))
	    s.sendto(down[:i % 24], (to, port))
	EOT
}
# heard PORT TTL [FROM]: one packet from it is.
heard() {
	forge guest 10.1.1.4 "$1" "$2" 1 "${@:3}"
	vrs show bfd guest -j | jq -e 'any(.[]; .localAddress == "10.1.1.4" and .state == "Init")'
}

# One alone, so that the kernel drops what comes to its socket from too far away.
write_config
echo '        - { name: guest, address: 10.1.4.4, asn: 65003, ttl-security: 1, bfd: { multihop: true } }' >>"$run/vrsd.yaml"
start_vrsd
check "a neighbor is heard, who does nothing but BFD" wait_until 5 heard 4784 255
check "not so from too far away" wait_until 10 eval "! heard 4784 254"
sed -i 's/ttl-security: 1/ttl-security: 2/' "$run/vrsd.yaml"
must vrs reload
check "which with another hop is near enough" wait_until 5 heard 4784 254

configure
must vrs reload
start_frr
start_bird
check "eight BGP sessions come up, though nobody else does BFD" wait_until 20 sessions 8

# start_bfdd: FRR's, single hop. It gives up root's rights.
bfdd_run=$run/bfdd
must install -d -o frr -g frr "$bfdd_run"
start_bfdd() {
	{
		echo "log file $bfdd_run/bfdd.log"
		echo "bfd"
		for to in 10.1.1.4 10.1.1.5 fd00:10:1:1::4 fd00:10:1:1::5; do
			[[ $to != *:* ]] && from=10.1.2.4 || from=fd00:10:1:2::4
			cat <<-EOF
			 peer $to local-address $from interface eth0
			  receive-interval 300
			  transmit-interval 300
			  detect-multiplier 8
			 exit
			EOF
		done
	} >"$run/bfdd.conf"
	ip netns exec "$(ns sdwan)" /usr/lib/frr/zebra -f /dev/null -z "$bfdd_run/zserv.api" \
		-i "$bfdd_run/zebra.pid" --vty_socket "$bfdd_run" >>"$run/frr.out" 2>&1 &
	zebra_pid=$!
	defer end_process $zebra_pid
	ip netns exec "$(ns sdwan)" /usr/lib/frr/bfdd -f "$run/bfdd.conf" -z "$bfdd_run/zserv.api" \
		-i "$bfdd_run/bfdd.pid" --vty_socket "$bfdd_run" \
		--bfdctl "$bfdd_run/bfdd.sock" >>"$run/frr.out" 2>&1 &
	bfdd_pid=$!
	defer end_process $bfdd_pid
}
bfdd() { vtysh --vty_socket "$bfdd_run" -d bfdd "${@/#/-c}"; }

# bfd STATE NEIGHBOR [FILTER]: all sessions with it (two) are in STATE.
bfd() {
	vrs show bfd "$2" -j | jq -es --arg s "$1" "first | length == 2 and all(.[]; .state == \$s and (${3:-true}))"
}
start_bfdd
for n in sdwan sdwan6; do
	check "BFD with FRR comes up ($n)" wait_until 20 bfd Up $n
	check "at the slower of the two rates" \
		wait_until 10 bfd Up $n ".transmitInterval == 300 and .detectionTime == 2400"
	check "no poll is left unanswered" wait_until 10 bfd Up $n ".polling | not"
done
frr_bfd() { bfdd "show bfd peers json" | jq -es "first | length == 4 and all(.[]; $1)"; }
check "FRR says so, too" wait_until 10 frr_bfd '.status == "up" and ."remote-detect-multiplier" == 12'

cat >>"$run/bird.conf" <<-EOF
protocol bfd {
  multihop { interval 100 ms; multiplier 10; };
}
EOF
sed -i 's/^  multihop;/&\n  bfd on;\n  error wait time 1, 2;/
	s/^template bgp azure4 .*/&\n  local 10.1.3.4 as 65002;/
	s/^template bgp azure6 .*/&\n  local fd00:10:1:3::4 as 65002;/' "$run/bird.conf"
must bird configure >/dev/null
for n in firewall firewall6; do
	check "BFD with BIRD comes up, multihop ($n)" wait_until 40 bfd Up $n .multihop
	check "at the slower of the two rates" \
		wait_until 10 bfd Up $n ".transmitInterval == 250 and .detectionTime == 2500"
done
check "BIRD says so, too" wait_until 10 eval '[ "$(bird show bfd sessions | grep -c Up)" -eq 4 ]'
check "eight BGP sessions are up" wait_until 40 sessions 8

# Other parameters, without anybody going down.
# bfd_counts: how many are up, and how often they have come up.
bfd_counts() {
	vrs show bfd -j | jq -c -e '[(map(select(.state == "Up")) | length), (map(.up) | add)]'
}
counts=$(bfd_counts)
sed -i 's/interval: 200, multiplier: 12/interval: 500, multiplier: 9/' "$run/vrsd.yaml"
must vrs reload
check "a longer interval is agreed on by a poll" \
	wait_until 10 bfd Up sdwan ".transmitInterval == 500 and .detectionTime == 4000 and (.polling | not)"
check "FRR has heard it" wait_until 10 frr_bfd '."remote-receive-interval" == 500 and ."remote-detect-multiplier" == 9'
configure
must vrs reload
check "and a shorter one" wait_until 10 bfd Up sdwan6 ".transmitInterval == 300 and .detectionTime == 2400 and (.polling | not)"
sed -i 's/interval 100 ms/interval 400 ms/' "$run/bird.conf"
must bird configure >/dev/null
check "and one of BIRD's" wait_until 10 bfd Up firewall ".transmitInterval == 400 and .detectionTime == 4000"
check_equal "nobody went down for it" "$counts" bfd_counts

# Packets from elsewhere, and of no sense.
must forge firewall 10.1.1.4 3784 255 2000
check_equal "nobody goes down for what others say" "$counts" bfd_counts

# Who floods is not heard, or as a neighbor not for long.
# received: all datagrams that vrsd has read.
received() {
	in_ns rs cat /proc/net/snmp /proc/net/snmp6 |
		awk '/^Udp: [0-9]/ || /^Udp6InDatagrams/ { n += $2 } END { print n }'
}
# few NVA TO TTL [FROM]: of 40,000 packets not even a tenth is read.
few() {
	local before

	before=$(received)
	must forge "$1" "$2" 3784 "$3" 20000 "${@:4}"
	echo $(($(received) - before))
	[ $(($(received) - before)) -lt 4000 ]
}
check "a stranger's flood is not read" few guest 10.1.1.4 255
check "nor one over IPv6" few guest fd00:10:1:1::4 255
check "nor, for one hop, a neighbor's with a TTL below 255" few sdwan 10.1.1.4 254
echo '        - { name: guest, address: 10.1.4.4, asn: 65003, bfd: { interval: 200 } }' >>"$run/vrsd.yaml"
must vrs reload
discarded() { [ "$(vrs show bfd "$1" -j | jq '[.[].discarded] | add')" -gt 0 ]; }
check "one that is a neighbor by now is heard" wait_until 5 heard 3784 255
check "its flood is not read either" few guest 10.1.1.4 255
check "but counted" discarded guest
check "and told of" logged "neighbor guest .*: more than 500 BFD packets in a second"
# Of the others at this socket something has to come through in 2.4 s.
must forge guest 10.1.1.4 3784 255 1500000
check_equal "others are heard beside a longer one" "$counts" bfd_counts
check "later it is heard again" wait_until 10 eval "sleep 1; heard 3784 255"
sed -i 's/address: 10.1.4.4/address: 10.1.5.4/' "$run/vrsd.yaml"
must vrs reload
check "with another address, too" wait_until 5 heard 3784 255 10.1.5.4
check "the one before is a stranger" few guest 10.1.1.4 255 10.1.4.4
configure
must vrs reload
check_equal "nobody goes down for that" "$counts" bfd_counts

# Death without a word: BFD tells long before the hold timer (180 s) would.
kill -STOP $bfdd_pid $frr_pid
check "silence is noticed" wait_until 20 bfd Down sdwan '.diagnostic == "Control Detection Time Expired"'
check "BGP goes down with it" wait_until 10 sessions 4
check "for that reason" logged "neighbor sdwan .*BFD Down"
kill -CONT $bfdd_pid $frr_pid
check "BFD comes back" wait_until 30 bfd Up sdwan
check "and BGP" wait_until 60 sessions 8
# BIRD takes AdminDown for a failure, so only FRR's sessions are counted.
counts=$(session_counts sdwan sdwan6)

# AdminDown is no failure.
frr_peer() { bfdd "configure terminal" "bfd" "peer 10.1.1.4 local-address 10.1.2.4 interface eth0" "$1"; }
must frr_peer "shutdown"
admin_down() {
	vrs show bfd sdwan -j | jq -e 'any(.[]; .localAddress == "10.1.1.4" and .state == "Down" and
		.remoteState == "AdminDown" and .diagnostic == "Neighbor Signaled Session Down")'
}
check "the neighbor says AdminDown" wait_until 10 admin_down
sleep 2
check_equal "BGP goes on" "$counts" session_counts sdwan sdwan6
must frr_peer "no shutdown"
check "it comes back" wait_until 20 bfd Up sdwan

# Whoever has it change all the time does not fill the log, which tells what has come of it.
said() { grep -E "neighbor sdwan .*10\.1\.1\.4.*: BFD is" "$run/vrsd.log"; }
said_last() { said | tail -n 1 | grep -q "BFD is $1"; }
before=$(said | wc -l)
for i in {1..14}; do
	must frr_peer "shutdown"
	must wait_until 10 admin_down
	must frr_peer "no shutdown"
	must wait_until 20 bfd Up sdwan
done
check "28 changes are not 28 lines" test $(($(said | wc -l) - before)) -le 20
check "the last says that it is up" wait_until 15 said_last up
must frr_peer "shutdown"
check "then that it is not" wait_until 15 said_last down
must frr_peer "no shutdown"
check "and that it is again" wait_until 20 said_last up

# And ours: another session with the same neighbor says goodbye for the one before.
frr_told() { frr_bfd '.status == "down" and ."remote-diagnostic" == "administratively down"'; }
sed -i 's/multiplier: 12 }/multiplier: 12, multihop: true }/' "$run/vrsd.yaml"
must vrs reload
check "FRR hears AdminDown, as our sessions are multihop now" wait_until 10 frr_told
configure
must vrs reload
check "single hop again, they come up" wait_until 30 bfd Up sdwan
check "all of them" wait_until 30 bfd Up sdwan6

# What is configured no more does so, too.
write_config
must vrs reload
check "FRR hears AdminDown" wait_until 10 frr_told
check_equal "no session is left" 0 eval 'vrs show bfd -j | jq length'
sleep 2
check_equal "and BGP goes on" "$counts" session_counts sdwan sdwan6

# One that dials in from a range.
sed -i 's/name: firewall, address: 10.1.3.4, asn: 65002/name: branches, range: 10.1.3.0\/24, asn: 65002, bfd: { interval: 250, multiplier: 10, multihop: true }/' "$run/vrsd.yaml"
must vrs reload
check "BFD begins with one that dials in" wait_until 60 bfd Up branches '.address == "10.1.3.4"'
kill -STOP $bird_pid
check "its death is noticed" wait_until 20 logged "branches .*session down: Cease, BFD Down"
forgotten() { vrs show bfd -j | jq -e --arg n "$1" 'all(.[]; .neighbor != $n)'; }
check "and it is forgotten" wait_until 10 forgotten branches
kill -CONT $bird_pid
check "until it dials in again" wait_until 60 bfd Up branches

stop_vrsd
check_equal "vrsd ends in good order" 0 echo $?
ktap_finish
