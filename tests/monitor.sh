# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# For tests of what changes in the kernel's routes and next hops, after lib.sh.

# start_monitor FILE [OPTION...], stop_monitor: what changes in between is in FILE, by
# an ip with these options. A route of no table that matters shows that it listens, and
# that it has heard all.
start_monitor() {
	monitored=$1 monitor_ip=(ip "${@:2}")
	"${monitor_ip[@]}" monitor route nexthop >"$monitored" &
	monitor=$!
	must wait_until 10 marked 1
	"${monitor_ip[@]}" route flush table 999
}

stop_monitor() {
	must wait_until 10 marked 2
	"${monitor_ip[@]}" route flush table 999
	kill "$monitor"
	wait "$monitor" 2>/dev/null
	sed -i '/table 999/d' "$monitored"
}

marked() {
	"${monitor_ip[@]}" route flush table 999
	"${monitor_ip[@]}" route add blackhole "192.0.2.$1/32" table 999 &&
		grep -q "192.0.2.$1" "$monitored"
}
