# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What vrsd says of its sessions, for vrsd.sh and host/host.bash, which define
# show_peers.

# sessions N: how many are Established.
sessions() {
	[ "$(show_peers | jq '[.[] | select(.state == "Established")] | length')" -eq "$1" ]
}

# times_up: how often sessions have come up, of all peers. That is the same as before
# if none was reset.
times_up() {
	show_peers | jq '[.[].established] | add'
}
