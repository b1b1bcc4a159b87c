#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Graceful restart between vrsd and FRR and BIRD, both ways (RFC 4724), over
# NOTIFICATIONs (RFC 8538), and long-lived (RFC 9494): the other side keeps
# routes while one is away, and lets go of those that do not come back.

. "${0%/*}/host.bash"

add_topology
write_config
sed -i 's/^      neighbors:/      restart-time: 20\n      long-lived-time: 60\n&/' "$run/vrsd.yaml"
# Nobody waits for a neighbor that is shut down.
sed -i 's/^      neighbors:/&\n        - { name: off, address: 10.1.9.9, asn: 65009, shutdown: true }/' "$run/vrsd.yaml"
start_vrsd
start_frr "bgp graceful-restart" "bgp graceful-restart restart-time 30" \
	"bgp graceful-restart preserve-fw-state"
start_bird "graceful restart yes; graceful restart time 30; long lived graceful restart yes; long lived stale time 60;"

# stale NEIGHBOR PREFIX: its paths are kept, and in use.
stale() {
	vrs show learned "$1" -j |
		jq -e --arg p "$2" '[.[]?[]? | select(.network == $p and .best and .stale)] | length == 2'
}
# fresh NEIGHBOR PREFIX: as if it had never been away.
fresh() {
	vrs show learned "$1" -j |
		jq -e --arg p "$2" '[.[]?[]? | select(.network == $p and .best and (.stale | not))] | length == 2'
}
capable() {
	vrs show peers -j | jq -e --arg n "$1" --arg cap "$2" 'map(select(.neighbor == $n and
		(.capabilities | contains($cap)) and (.sentCapabilities | contains($cap)))) | length == 2'
}

# frr_heard R F: FRR has heard these bits, of both its IPv4 sessions.
frr_heard() {
	local peer

	for peer in 10.1.1.4 10.1.1.5; do
		frr "show bgp neighbors $peer json" | jq -e --arg p $peer --argjson r "$1" --argjson f "$2" \
			'.[$p].gracefulRestartInfo | .rBit == $r and .ipv4Unicast.fBit == $f' || return
	done
}

check "eight sessions come up" wait_until 20 sessions 8
check "a first start is no restart, and kept nothing" frr_heard false false
check "FRR and we offer graceful restart" capable sdwan graceful-restart
check "BIRD and we offer the long-lived one" capable firewall long-lived-graceful-restart
check "FRR's route is learned" wait_until 10 learned sdwan 10.250.0.0/16
check "BIRD has it" wait_until 10 bird_has 10.250.0.0/16 "65515 65001"
check "BIRD's route is learned" wait_until 10 learned firewall 0.0.0.0/0
check "FRR has it" wait_until 10 frr_has 0.0.0.0/0 "65515 65002"

# We help.
kill -KILL $frr_pid
wait $frr_pid 2>/dev/null
check "FRR is killed" wait_until 10 sessions 4
check "its routes stay, stale" stale sdwan 10.250.0.0/16
check "which tables show" eval 'vrs show learned sdwan | grep -q "  yes  *yes  "'
check "in both families" stale sdwan6 fd00:250::/32
check "BIRD does not notice" bird_has 10.250.0.0/16 "65515 65001"
sed -i 's/network 10.250.0.0/network 10.251.0.0/' "$run/frr.conf"
run_frr
check "it comes back" wait_until 20 sessions 8
check "with another route" wait_until 10 learned sdwan 10.251.0.0/16
check "the one that has not come back goes" wait_until 10 unlearned sdwan 10.250.0.0/16
check "the other is fresh again" wait_until 10 fresh sdwan6 fd00:250::/32
check "BIRD has the new one" wait_until 10 bird_has 10.251.0.0/16 "65515 65001"
check "and not the old one" wait_until 10 bird_lacks 10.250.0.0/16

# They help. Killed at once, and then asked to end.
frr_stale() {
	frr "show bgp ipv4 unicast 10.1.0.0/16 json" | jq -e '[.paths[] | select(.stale)] | length == 2'
}
frr_fresh() {
	frr "show bgp ipv4 unicast 10.1.0.0/16 json" |
		jq -e '.paths // [] | length == 2 and all(.stale | not)'
}
for signal in KILL TERM; do
	stop_vrsd $signal
	check "vrsd is ended by $signal: FRR keeps its routes" wait_until 5 frr_stale
	check "BIRD does as well" bird_has 10.251.0.0/16 "65515 65001"
	start_vrsd
	check "it says that it was there before" wait_until 40 logged "vnet blue: all neighbors are back"
	check "all sessions come back" wait_until 30 sessions 8
	check "FRR hears that we have restarted, and without a kernel kept nothing" frr_heard true false
	check "FRR's routes are not stale any more" wait_until 20 frr_fresh
	check "and as they were" wait_until 10 frr_has 10.1.0.0/16 65515
	check "BIRD's also" wait_until 10 bird_has 10.251.0.0/16 "65515 65001"
	: >"$run/vrsd.log"
done
must frr "clear bgp *"
check "sessions that end while we run" wait_until 30 sessions 8
check "are no restart, and forwarding went on" frr_heard false true

# A neighbor that does not come back: what the others have waits for it only
# so long.
kill -KILL $bird_pid
wait $bird_pid 2>/dev/null
stop_vrsd KILL
sed -i 's/^      neighbors:/      deferral-time: 8\n&/' "$run/vrsd.yaml"
start_vrsd
check "without BIRD decisions wait for the deferral time" \
	wait_until 20 logged "vnet blue: not all neighbors are back"
check "then FRR is told" wait_until 10 frr_fresh
start_bird "graceful restart yes; graceful restart time 2; long lived graceful restart yes; long lived stale time 60;"
check "BIRD comes back" wait_until 20 sessions 8
check "and its routes" wait_until 10 learned firewall 0.0.0.0/0

# Long-lived: FRR has agreed to that as well, and is told what the route is.
kill -KILL $bird_pid
wait $bird_pid 2>/dev/null
long_lived() {
	vrs show learned "$1" -j | jq -e --arg p "$2" '[.[]?[]? | select(.network == $p and .best and .stale
		and (.communities // "" | contains("llgr-stale")))] | length == 2'
}
check "BIRD is away for longer than it said: long-lived stale" wait_until 10 long_lived firewall 0.0.0.0/0
frr_long_lived() {
	frr "show bgp ipv4 unicast 0.0.0.0/0 json" |
		jq -e '[.paths[] | select(.community.string == "llgr-stale")] | length == 2'
}
check "FRR is told so" wait_until 10 frr_long_lived
start_bird
check "BIRD comes back, without graceful restart" wait_until 20 sessions 8
check "its routes are fresh" wait_until 10 fresh firewall 0.0.0.0/0
check "and told again" wait_until 10 frr_has 0.0.0.0/0 "65515 65002"

# One that is lost while others are still on their way: they are waited for, but
# by far not as long as they were to be.
kill -KILL $frr_pid
wait $frr_pid 2>/dev/null
stop_vrsd KILL
: >"$run/vrsd.log"
must sed -i 's/deferral-time: .*/deferral-time: 600/' "$run/vrsd.yaml"
start_vrsd
check "after another restart BIRD is back before FRR" wait_until 30 sessions 4
kill -KILL $bird_pid
wait $bird_pid 2>/dev/null
check "and lost again" wait_until 10 logged "vnet blue: a neighbor is lost: waiting for others"
check "FRR is waited for" lacks logged "vnet blue: not all neighbors are back"
check "and not for long" wait_until 30 logged "vnet blue: not all neighbors are back"
run_frr
start_bird
check "both come back" wait_until 40 sessions 8
check "FRR's route is learned" wait_until 10 fresh sdwan 10.251.0.0/16
check "and BIRD's" wait_until 10 fresh firewall 0.0.0.0/0

# Without it, or removed from the configuration, nothing stays.
kill -KILL $bird_pid
wait $bird_pid 2>/dev/null
check "killed, it leaves nothing" wait_until 10 unlearned firewall 0.0.0.0/0
kill -KILL $frr_pid
wait $frr_pid 2>/dev/null
check "FRR's routes stay" wait_until 10 stale sdwan6 fd00:250::/32
must sed -i '/sdwan6/d' "$run/vrsd.yaml"
must vrs reload
forgotten() {
	vrs show learned -j | jq -e 'length > 0 and ([.[]?[]? | select(.network == "fd00:250::/32")] | length == 0)'
}
check "until it is not a neighbor any more" wait_until 5 forgotten
check "others are still there" stale sdwan 10.251.0.0/16
must sed -i 's/name: sdwan,/& graceful-restart: false,/' "$run/vrsd.yaml"
must vrs reload
check "until it is not to restart gracefully" wait_until 5 unlearned sdwan 10.251.0.0/16
must sed -i 's/ graceful-restart: false,//' "$run/vrsd.yaml"
must vrs reload
run_frr
check "FRR comes back" wait_until 40 learned sdwan 10.251.0.0/16
check "on both sessions" wait_until 20 sessions 2
kill -KILL $frr_pid
wait $frr_pid 2>/dev/null
check "killed again, its routes stay" wait_until 10 stale sdwan 10.251.0.0/16
stale_once() {
	vrs show learned sdwan -j |
		jq -e '[.[]?[]? | select(.network == "10.251.0.0/16" and .stale)] | length == 1'
}
# The first one: the other has its number then, and what is kept for that stays.
must sed -i 's/10.1.1.4, //' "$run/vrsd.yaml"
must vrs reload
check "until an instance is not there any more" wait_until 5 stale_once
sleep 1
check "that of the other stays" stale_once
must sed -i 's/name: sdwan,/& shutdown: true,/' "$run/vrsd.yaml"
must vrs reload
check "or it is shut down" wait_until 5 unlearned sdwan 10.251.0.0/16
stop_vrsd
check_equal "vrsd ends in good order" 0 echo $?
ktap_finish
