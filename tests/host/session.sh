#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Routes between vrsd and NVAs that run FRR and BIRD: learned, best path chosen,
# advertised to the others, withdrawn; sessions refused and lost.

. "${0%/*}/host.bash"

add_topology
write_config
# With it, see graceful.sh.
sed -i 's/^      neighbors:/      restart-time: 0\n&/' "$run/vrsd.yaml"
start_vrsd
start_frr
start_bird

check "eight sessions come up" wait_until 20 sessions 8
# A neighbor without hold time is found dead by nobody else.
kept_alive() {
	in_ns rs ss -Htno state established "( sport = :179 or dport = :179 )" |
		awk '/timer:\(keepalive/ { n++ } END { exit n != 8 }'
}
check "TCP looks whether the neighbors are there" wait_until 10 kept_alive
check "FRR's route is learned" wait_until 10 learned sdwan 10.250.0.0/16
check "FRR's IPv6 route is learned" wait_until 10 learned sdwan6 fd00:250::/32
check "BIRD's route is learned" wait_until 10 learned firewall 0.0.0.0/0
check "BIRD's IPv6 route is learned" wait_until 10 learned firewall6 ::/0

check "FRR has the address space" wait_until 10 frr_has 10.1.0.0/16 65515
check "FRR has the IPv6 address space" wait_until 10 frr_has fd00:10:1::/48 65515
check "FRR has BIRD's route" wait_until 10 frr_has 0.0.0.0/0 "65515 65002"
check "FRR has BIRD's IPv6 route" wait_until 10 frr_has ::/0 "65515 65002"
check "BIRD has the address space" wait_until 10 bird_has 10.1.0.0/16 65515
check "BIRD has the IPv6 address space" wait_until 10 bird_has fd00:10:1::/48 65515
check "BIRD has FRR's route" wait_until 10 bird_has 10.250.0.0/16 "65515 65001"
check "BIRD has FRR's IPv6 route" wait_until 10 bird_has fd00:250::/32 "65515 65001"

# Nothing goes back to the neighbor it came from.
not_sent_back() {
	vrs show advertised sdwan -j |
		jq -e '[.[]?[]? | select(.network == "10.250.0.0/16")] | length == 0'
}
check "FRR is not sent its own route" not_sent_back

# A route of both: the shorter AS path is best; the other follows when it goes.
best_from() {
	vrs show advertised "$1" -j |
		jq -e --arg path "$2" '[.[]?[]? | select(.network == "10.77.0.0/16") |
			.asPath] == [$path, $path]'
}
bird_announce() {
	sed -i '/10.77/d; s|^protocol static default4.*|&\nprotocol static both { ipv4; route 10.77.0.0/16 blackhole { bgp_path.prepend(64999); bgp_path.prepend(64998); }; }|' "$run/bird.conf"
	bird configure
}
must bird_announce >/dev/null
check "a route with a longer path is sent on" wait_until 10 best_from sdwan 65515-65002-64998-64999
must frr_configure "router bgp 65001" "address-family ipv4 unicast" "network 10.77.0.0/16"
check "a shorter path takes its place" wait_until 10 best_from firewall 65515-65001
must frr_configure "router bgp 65001" "address-family ipv4 unicast" "no network 10.77.0.0/16"
check "and gives it back" wait_until 10 best_from sdwan 65515-65002-64998-64999

must frr_configure "router bgp 65001" "address-family ipv4 unicast" "no network 10.250.0.0/16"
check "a withdrawn route goes" wait_until 10 unlearned sdwan 10.250.0.0/16
check "and is withdrawn from BIRD" wait_until 10 bird_lacks 10.250.0.0/16
must frr_configure "router bgp 65001" "address-family ipv4 unicast" "network 10.250.0.0/16"
check "it comes back" wait_until 10 bird_has 10.250.0.0/16 "65515 65001"

# frr_heard: the UPDATEs that FRR has had from each instance.
frr_heard() {
	frr "show bgp neighbors json" |
		jq -c '[."10.1.1.4", ."10.1.1.5" | .messageStats.updatesRecv]'
}
heard_more() {
	jq -en --argjson was "$1" --argjson is "$(frr_heard)" \
		'$is[0] > $was[0] and $is[1] > $was[1]'
}
counts=$(session_counts)
heard=$(frr_heard)
must frr "clear bgp ipv4 unicast * soft in"
check "a route refresh is answered, by both instances" wait_until 10 heard_more "$heard"
check "with what was there" frr_has 10.1.0.0/16 65515
check_equal "without a reset" "$counts" session_counts

kill -KILL $frr_pid
wait $frr_pid 2>/dev/null
check "a killed neighbor's sessions end" wait_until 10 sessions 4
check "the log says so" logged "vnet blue neighbor sdwan .* session down"
check "and its routes go" wait_until 10 bird_lacks 10.250.0.0/16
start_frr
check "it comes back" wait_until 20 sessions 8
check "with its routes" wait_until 10 bird_has 10.250.0.0/16 "65515 65001"

# A neighbor that dials and hangs up all the time, which is no reason to fill the log.
kill -KILL $frr_pid
wait $frr_pid 2>/dev/null
check "it is killed again" wait_until 10 sessions 4
before=$(grep -c "sdwan .*no session" "$run/vrsd.log")
in_ns sdwan bash -c 'for ((i = 0; i < 200; i++)); do (exec 3<>/dev/tcp/10.1.1.4/179; read -rt 0.02 <&3); done' 2>/dev/null
check "who dials in 200 times is refused" logged "sdwan .*dials in too often, refused"
dialled=$(($(grep -c "sdwan .*no session" "$run/vrsd.log") - before))
check "after it was heard some times ($dialled)" test "$dialled" -ge 5 -a "$dialled" -lt 150
start_frr
check "it is let in again" wait_until 30 sessions 8

# An AS number other than configured.
must sed -i 's/local as 65002/local as 65003/' "$run/bird.conf"
must bird configure >/dev/null
check "a wrong AS number is refused" wait_until 20 logged "firewall .*Bad Peer AS: 65003, expected 65002"
check "the other neighbor does not notice" sessions 4
must sed -i 's/local as 65003/local as 65002/' "$run/bird.conf"
must bird configure >/dev/null
check "the right one is let in again" wait_until 40 sessions 8

# No descriptor is left for who dials in: it waits, and so does speaker.
speaker=$(vrsd_process speaker)
ticks() { awk '{ print $14 + $15 }' "/proc/$speaker/stat"; }
limit=$(awk '/open files/ { print $4 }' "/proc/$speaker/limits")
# limit_files N: of speaker. Root may lack the right, its own user has it.
limit_files() { setpriv --reuid nobody --regid nogroup --clear-groups prlimit --pid "$speaker" --nofile="$1:"; }
must limit_files 3
in_ns sdwan bash -c 'exec 3<>/dev/tcp/10.1.1.4/179 && sleep 30' &
defer end_process $!
check "a connection that cannot be accepted is said" wait_until 10 \
	logged "connections to 10.1.1.4 cannot be accepted: Too many open files"
before=$(ticks)
sleep 2
check "and costs no time" [ $(($(ticks) - before)) -lt 20 ]
must limit_files "$limit"
nobody_waits() { in_ns rs ss -Hltn "src 10.1.1.4:179" | awk '{ n += $2 == 0 } END { exit n != 1 }'; }
check "it is accepted when there is one again" wait_until 10 nobody_waits
check "no session was lost" sessions 8

stop_vrsd
check_equal "vrsd ends in good order" 0 echo $?
check "its peers are told why" wait_until 10 grep -q "Administrative shutdown" "$run/bird.log"
ktap_finish
