# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What vrsd says of its sessions, for vrsd.sh and host/host.bash, which define
# show_peers.

# sessions N: how many are Established.
sessions() {
	[ "$(show_peers | jq '[.[] | select(.state == "Established")] | length')" -eq "$1" ]
}

# session_counts [NEIGHBOR...]: how many sessions are up, of all or of these, and how
# often they have come up: "8 12". Both are as before if none was reset: one that was is
# missing from the first until it is back, and in the second then.
session_counts() {
	show_peers | jq -e -r '[.[] | select($ARGS.positional == [] or
		IN(.neighbor; $ARGS.positional[]))] |
		"\(map(select(.state == "Established")) | length) \(map(.established) | add)"' \
		--args "$@"
}

# times_up NEIGHBOR: how often its sessions have come up.
times_up() {
	session_counts "$1" | cut -d " " -f 2
}
