# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# For guest tests with vrsd, after lib.sh: VMs whose NICs it enslaves, vrsd itself
# and its command line. Its configuration is $run/vrsd.yaml.

# shellcheck source=peers.sh
. "${BASH_SOURCE[0]%/*}/peers.sh"

run=$(mktemp -d)
defer rm -rf "$run"
chmod 755 "$run"

# guest_vm NAME MAC GATEWAY ADDR/PLEN...: a VM, by the virtual router to all else
guest_vm() {
	local name=$1 mac=$2 gateway=$3 addr
	shift 3

	add_netns "$name"
	must ip link add "$name" type veth peer name eth0 address "$mac" netns "$name"
	must ip link set "$name" up
	must ip -n "$name" link set eth0 up
	for addr; do
		if [[ $addr = *:* ]]; then
			must ip -n "$name" address add "$addr" dev eth0 nodad
			must ip -n "$name" route replace default \
				via fe80::1234:5678:9abc dev eth0
		else
			must ip -n "$name" address add "$addr" dev eth0
		fi
	done
	must ip -n "$name" route add default via "$gateway" dev eth0
}

# start_vrsd [COMMAND...]: by COMMAND; it is $vrsd_pid then, its log $run/vrsd.log.
start_vrsd() {
	: >"$run/vrsd.log"
	"$@" vrsd -c "$run/vrsd.yaml" -r "$run/rs" -u nobody >"$run/vrsd.log" 2>&1 &
	vrsd_pid=$!
	defer kill_process $vrsd_pid
	wait_until 20 grep -q "serves" "$run/vrsd.log" ||
		bail_out "vrsd does not start: $(cat "$run/vrsd.log")"
}

kill_process() {
	kill -KILL "$1" 2>/dev/null && wait "$1" 2>/dev/null
	return 0
}

ask() { vrs -s "$run/rs/vrsd.sock" "$@"; }
show_peers() { ask show peers -j; }
