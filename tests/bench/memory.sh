# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# For benchmarks' guests, to be sourced.

# memory PATHS ROUTES: "agent_bytes N" for each path, from the proportional set size of
# all processes of vrsd; "module_bytes N" for each route, from what the module says of
# its mirror of the first VNet's BGP table.
memory() {
	local pid pss=0 mirror

	for pid in $(pgrep -x vrsd); do
		((pss += $(awk '/^Pss:/ { print $2 }' "/proc/$pid/smaps_rollup")))
	done
	mirror=$(vrs show vnets -j | jq '[.[0].mirrors[] | select(.class == "bgp") | .bytes] | add')
	echo "agent_bytes $((pss * 1024 / $1))"
	echo "module_bytes $((mirror / $2))"
}
