#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A new configuration, by SIGHUP and by vrs reload: changes what it changes, and
# nothing if it is wrong.

. "${0%/*}/host.bash"

add_topology
write_config
start_vrsd
start_frr
start_bird
check "eight sessions come up" wait_until 20 sessions 8
check "FRR has the address space" wait_until 10 frr_has 10.1.0.0/16 65515

# How often sessions have come up, of all peers.
established() {
	vrs show peers -j | jq '[.[].established] | add'
}
times_up=$(established)

write_config 10.2.0.0/16
check "vrs reload" vrs reload
check "a new address space reaches FRR" wait_until 10 frr_has 10.2.0.0/16 65515
check "a new address space reaches BIRD" wait_until 10 bird_has 10.2.0.0/16 65515
check_equal "no session was reset" "$times_up" established

write_config
kill -HUP $vrsd_pid
check "after SIGHUP without it FRR has lost it" \
	wait_until 10 lacks frr_has 10.2.0.0/16 65515
check_equal "no session was reset" "$times_up" established

# Wrong files: one error with its place, and all stays.
write_config 10.1.4.0/24
check_error "overlapping address spaces are refused" \
	"$run/vrsd.yaml:9:[0-9]+: .*10.1.4.0/24" vrs reload
check "the log says so, too" logged "$run/vrsd.yaml:9:[0-9]+: .*10.1.4.0/24"
echo "vnets: [" >"$run/vrsd.yaml"
check_error "what is not YAML is refused" "$run/vrsd.yaml:[0-9]+" vrs reload
rm "$run/vrsd.yaml"
check_error "a missing file is refused" "No such file" vrs reload
write_config
sed -i 's/sdwan, address: 10.1.2.4/sdwan, address: 10.9.2.4/' "$run/vrsd.yaml"
check_error "a neighbor outside the VNet is refused" \
	"neighbor \"sdwan\"" vrs reload
check_equal "no session was reset" "$times_up" established
check "FRR has what it had" frr_has 10.1.0.0/16 65515

# Neighbors come, go and change.
write_config
sed -i '/firewall6/d' "$run/vrsd.yaml"
check "a neighbor less" vrs reload
check "its sessions are gone" wait_until 10 sessions 6
check_equal "and no longer shown" 6 sh -c "$VNET_BUILD/vrs -s $run/rs/vrsd.sock show peers -j | jq length"
check "BIRD is told" wait_until 5 grep -q "Peer de-configured" "$run/bird.log"
write_config
check "a neighbor more" vrs reload
check "its sessions come up" wait_until 40 sessions 8
times_up=$(established)
sed -i 's/name: sdwan,/name: branch,/' "$run/vrsd.yaml"
check "a neighbor of another name" vrs reload
check "is known by it" wait_until 5 learned branch 10.250.0.0/16
check_equal "and no session was reset" "$times_up" established
sed -i 's/10.1.2.4, asn: 65001/10.1.2.4, asn: 65009/' "$run/vrsd.yaml"
check "a neighbor of another AS" vrs reload
check "is not what it was" wait_until 10 sessions 6
write_config
check "and back" vrs reload
check "comes up" wait_until 20 sessions 8

# The route server's own AS number is that of the whole table.
sed -i 's/    route-server:/&\n      asn: 65500/' "$run/vrsd.yaml"
check "another AS of the route server" vrs reload
check "ends all sessions" wait_until 10 sessions 0
must frr_configure "router bgp 65001" "neighbor RS remote-as 65500"
must sed -i 's/as 65515/as 65500/' "$run/bird.conf"
must bird configure >/dev/null
check "that come up with it" wait_until 40 sessions 8
check "and announce it" wait_until 10 frr_has 10.1.0.0/16 65500
ktap_finish
