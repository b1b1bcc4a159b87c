#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A neighbor is shut down by the configuration, with a reason for the people at
# the other end (RFC 9003), and so is a range of them.

. "${0%/*}/host.bash"

add_topology
write_config
start_vrsd
start_frr
start_bird "error wait time 1, 2;"
check "eight sessions come up" wait_until 40 sessions 8
check "FRR's route is learned" wait_until 10 learned sdwan 10.250.0.0/16

# all_of NEIGHBOR CONDITION: holds of all its sessions, and it has some.
all_of() {
	vrs show peers -j | jq -e --arg n "$1" "map(select(.neighbor == \$n)) | length > 0 and all($2)"
}
unknown() { vrs show peers -j | jq -e --arg n "$1" 'any(.[]; .neighbor == $n) | not'; }
opens() { vrs show peers -j | jq '[.[] | select(.neighbor == "sdwan") | .sent.open] | add'; }
frr_told() {
	frr "show bgp neighbors 10.1.1.4 json" | jq -e ".[\"10.1.1.4\"] | $1"
}

must sed -i 's/sdwan, address: 10.1.2.4, /&shutdown: true, shutdown-message: "Wartung bis zwölf", /' "$run/vrsd.yaml"
check "a neighbor is shut down" vrs reload
# It prints what is not ASCII in a way of its own.
check "FRR is told why, in a Hard Reset" wait_until 10 frr_told \
	'.lastNotificationHardReset and (.lastShutdownDescription | test("^Wartung bis zw.*lf$"))'
check "it is shown to be" all_of sdwan '.shutdown and .state == "Idle" and
	(.lastError | contains("Administrative Shutdown: \"Wartung bis zwölf\""))'
check "the log says so, too" logged 'neighbor sdwan .*session down: .*"Wartung bis zwölf"'
check "its routes are gone" wait_until 10 unlearned sdwan 10.250.0.0/16
check_equal "the others are up" true sh -c "$VNET_BUILD/vrs -s $run/rs/vrsd.sock show peers -j |
	jq 'map(select(.neighbor != \"sdwan\")) | length == 6 and all(.state == \"Established\" and .shutdown == null)'"
before=$(opens)
tries() { grep -c "neighbor sdwan .*connection refused in state Idle" "$run/vrsd.log"; }
tried() { [ "$(tries)" -ge "$1" ]; }
check "FRR tries again" wait_until 40 tried $(($(tries) + 2))
check_equal "and is not let in" "$before" opens
check "another reload" vrs reload
check "does not keep it from that" wait_until 40 tried $(($(tries) + 2))
check_equal "nor lets it in" "$before" opens
write_config
check "it is let in again" vrs reload
check "and comes up" wait_until 40 sessions 8
check "with its routes" wait_until 10 learned sdwan 10.250.0.0/16

# A range: who is there goes, and nobody gets in.
sed -i 's/firewall, address: 10.1.3.4, /range, range: 10.1.3.0\/24, /' "$run/vrsd.yaml"
check "a neighbor becomes a range" vrs reload
check "and comes from it" wait_until 40 sessions 8
must sed -i 's/range: 10.1.3.0.24, /&shutdown: true, shutdown-message: "no more", /' "$run/vrsd.yaml"
check "the range is shut down" vrs reload
check "BIRD is told why" wait_until 10 grep -q '[Aa]dministrative shutdown.*no more' "$run/bird.log"
check "who was there is not known any more" wait_until 10 unknown range
refused() { logged "connection from 10.1.3.4 to 10.1.1.[45]: refused"; }
check "and is refused" wait_until 40 refused
write_config
sed -i 's/firewall, address: 10.1.3.4, /range, range: 10.1.3.0\/24, /' "$run/vrsd.yaml"
check "the range is open again" vrs reload
check "and BIRD comes back" wait_until 40 sessions 8

# What FRR says when it shuts us down.
must frr_configure "router bgp 65001" "neighbor RS shutdown message moved to rack 7"
check "the reason of a neighbor is shown" wait_until 10 all_of sdwan \
	'.shutdown == null and (.lastError | contains("\"moved to rack 7\""))'
check "and logged" logged 'neighbor sdwan .*session down: received .*"moved to rack 7"'
ktap_finish
