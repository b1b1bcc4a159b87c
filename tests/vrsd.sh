# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# For guest tests with vrsd, after lib.sh: vrsd itself and its command line. Its
# configuration is $run/vrsd.yaml; guests whose NICs it enslaves are by add_guest.

# shellcheck source=peers.sh
. "${BASH_SOURCE[0]%/*}/peers.sh"

run=$(mktemp -d)
defer rm -rf "$run"
chmod 755 "$run"

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
