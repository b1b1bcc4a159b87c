#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The send hold timer (RFC 9687): a neighbor that says that it is there, and
# takes nothing, is let go; one that takes a little at a time is not. Until then
# the first asks for all routes again and again, and not more and more waits. And
# the hold timer: a neighbor that takes all and says nothing is let go as well.

. "${0%/*}/host.bash"

configure() {
	cat >"$run/vrsd.yaml" <<-END
	vnets:
	  - name: blue
	    vni: 5001
	    table: 100
	    bgp-table: 101
	    address-spaces: [10.1.0.0/16]
	    route-server:
	      addresses: [10.1.1.4]
	      hold-time: 9
	      send-hold-time: 12
	      neighbors:
	        - { name: sdwan, address: 10.1.2.4, asn: 65001 }
	        - { name: firewall, address: 10.1.3.4, asn: 65002 }
	        - { name: slow, address: 10.1.4.4, asn: 65003 }
	END
}

# start_speaker NVA ADDRESS AS BYTES: one that sends keepalives, five a second,
# and takes no more than BYTES each time once it has heard a KEEPALIVE. If that is
# 0 it sends ROUTE-REFRESH, too.
start_speaker() {
	in_ns "$1" perl -MIO::Socket::INET -e '
		my ($address, $as, $bytes) = @ARGV;
		my $s = IO::Socket::INET->new(LocalAddr => $address,
			PeerAddr => "10.1.1.4:179") or die "connect: $@";
		my $open = pack("CnnNC", 4, $as, 90, 0x0a010900 + $as % 256, 0);
		syswrite($s, "\xff" x 16 . pack("nC", 19 + length($open), 1) . $open);
		my $heard = "";
		while ($heard !~ /\xff{16}\x00\x13\x04/) {
			sysread($s, $heard, 100, length($heard)) or die "no KEEPALIVE";
		}
		while (syswrite($s, "\xff" x 16 . pack("nC", 19, 4))) {
			sysread($s, $heard, $bytes) if $bytes;
			syswrite($s, "\xff" x 16 . pack("nCnCC", 23, 5, 1, 0, 1)) unless $bytes;
			select(undef, undef, undef, 0.2);
		}' "$2" "$3" "$4" >>"$run/$1.log" 2>&1 &
	speaker_pid=$!
	defer end_process $speaker_pid
}

# peer NEIGHBOR FILTER
peer() {
	vrs show peers -j | jq -e --arg n "$1" "any(.[]; .neighbor == \$n and ($2))" >/dev/null
}
up='.state == "Established"'

add_topology
add_nva slow 4
small_buffers rs sdwan slow
configure
start_vrsd
start_bird
must wait_until 20 bird show status
many_routes >>"$run/bird.conf"
must bird configure >/dev/null
check "1,024 routes are learned" wait_until 60 peer firewall "$up and .learned >= 1024"
start_speaker slow 10.1.4.4 65003 4096
start_speaker sdwan 10.1.2.4 65001 0
check "one that will take nothing comes up" wait_until 30 peer sdwan ".established > 0"
check "one that takes a little does" wait_until 30 peer slow ".established > 0"
check "what waits for the first is told" wait_until 30 logged \
	"neighbor sdwan .*reads slowly"
queued() { vrs show peers -j | jq '.[] | select(.neighbor == "sdwan").queued'; }
# let_go: it is; until then the largest value that is seen becomes $most
let_go() {
	local now

	now=$(queued)
	[ "${now:-0}" -le "$most" ] || most=$now
	logged "neighbor sdwan .*session down: Send Hold Timer Expired"
}
most=0
wait_until 60 let_go
check "the first is let go" let_go
check "what waited for it had its limit ($most)" [ "$most" -gt 0 -a "$most" -lt $((20 << 20)) ]
check "the other is not" peer slow "$up and .established == 1"
check "who sends has not noticed" peer firewall "$up and .established == 1"
end_process $speaker_pid
check "one that takes a little is not through yet" peer slow '.queued > 0'
must pkill -STOP -f '10.1.4.4 65003'
check "when it says nothing more, it is let go too" wait_until 30 peer slow '.state != "Established"'
check_equal "and what waited for it is not left to the kernel" "" \
	in_ns rs ss -Hnt dst 10.1.4.4
must pkill -CONT -f '10.1.4.4 65003'
start_frr
check "when it takes again, it is up again" wait_until 60 peer sdwan "$up"
check "and has all" wait_until 60 eval 'frr "show bgp ipv4 unicast 10.195.255.0/24 json" |
	jq -e ".paths | length == 1"'

# Its kernel goes on to take what there is for it, so that only its silence counts.
must kill -STOP $bird_pid
since=$SECONDS
check "one that says nothing is let go" wait_until 30 logged \
	"neighbor firewall .*session down: Hold Timer Expired"
took=$((SECONDS - since))
check "when the hold time is over ($took s)" [ $took -ge 5 -a $took -le 12 ]
check "its routes go" wait_until 10 frr_lacks 10.195.255.0/24
check "others stay" peer sdwan "$up"
stop_vrsd
check_equal "vrsd ends in good order" 0 echo $?
ktap_finish
