# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What every test script sources first: KTAP output, clean-up at exit, and
# VNets built out of network namespaces.
#
#	. "${0%/*}/../lib.sh"
#	load_module
#	must ip link add blue type vnet vni 5001 table 100 bgp_table 101
#	must ip link set blue up
#	must ip route add 10.1.0.0/16 dev blue table 100
#	add_vm vm1 blue 10.1.0.4/24
#	add_vm vm2 blue 10.1.0.5/24
#	check "vm1 reaches vm2" in_vm vm1 ping -c1 -W2 10.1.0.5
#	ktap_finish
#
# A script that does not get to ktap_finish has failed: only there is the plan
# printed. Everything made by the helpers is removed at exit, in reverse order.

set -u

# shellcheck source=jq.sh
. "${BASH_SOURCE[0]%/*}/jq.sh"

ktap_count=0
ktap_failed=0
deferred=()
vm_count=0
declare -A vm_mac

#
# KTAP
#

ktap_comment() {
	sed 's/^/# /'
}

# ktap_result RC NAME [DIRECTIVE]: one result line, a failure if RC is not 0.
ktap_result() {
	local verdict=ok

	((++ktap_count))
	if [ "$1" -ne 0 ]; then
		verdict="not ok"
		((++ktap_failed))
	fi
	echo "$verdict $ktap_count $2${3:+ # $3}"
	return "$1"
}

# check NAME COMMAND...: passes if COMMAND does; its output is shown if not.
check() {
	local name=$1 out rc
	shift

	out=$("$@" 2>&1 </dev/null)
	rc=$?
	if [ $rc -ne 0 ]; then
		printf '%s\n' "\$ $*" "$out" "status $rc" | ktap_comment
	fi
	ktap_result $rc "$name"
}

# check_fail NAME COMMAND...: passes if COMMAND runs and says no (status 1 to
# 125): not found, not executable and killed are failures.
check_fail() {
	check_error "$1" "" "${@:2}"
}

# check_error NAME REGEX COMMAND...: as check_fail, and REGEX (extended) must be
# found in what COMMAND printed.
check_error() {
	local name=$1 regex=$2 out rc verdict=1
	shift 2

	out=$("$@" 2>&1 </dev/null)
	rc=$?
	if [ $rc -ge 1 ] && [ $rc -le 125 ] && [[ $out =~ $regex ]]; then
		verdict=0
	else
		printf '%s\n' "\$ $*" "$out" \
			"status $rc, expected a refusal${regex:+ with \"$regex\"}" |
			ktap_comment
	fi
	ktap_result $verdict "$name"
}

# check_equal NAME EXPECTED COMMAND...: passes if COMMAND succeeds and prints
# exactly EXPECTED.
check_equal() {
	local name=$1 expected=$2 out rc verdict=1
	shift 2

	out=$("$@" 2>&1 </dev/null)
	rc=$?
	if [ $rc -eq 0 ] && [ "$out" = "$expected" ]; then
		verdict=0
	else
		{
			printf '%s\n' "\$ $*" "status $rc, - expected, + found"
			diff -U 99 <(echo "$expected") <(echo "$out") | sed 1,3d
		} | ktap_comment
	fi
	ktap_result $verdict "$name"
}

# skip NAME REASON: a result that could not be had here.
skip() {
	ktap_result 0 "$1" "SKIP $2"
}

# bail_out TEXT: the script cannot go on, and that is a failure.
bail_out() {
	echo "Bail out! $1"
	exit 1
}

# must COMMAND...: set-up without which no result means anything.
must() {
	"$@" || bail_out "failed: $*"
}

# ktap_finish: the last line of every script.
ktap_finish() {
	echo "1..$ktap_count"
	[ $ktap_count -gt 0 ] || bail_out "no result"
	exit $((ktap_failed > 0))
}

#
# Clean-up and waiting
#

# defer COMMAND...: run COMMAND at exit; the last one deferred runs first.
defer() {
	deferred+=("$(printf '%q ' "$@")")
}

run_deferred() {
	local rc=$? i

	trap - EXIT
	for ((i = ${#deferred[@]} - 1; i >= 0; i--)); do
		eval "${deferred[i]}" || rc=1
	done
	exit $rc
}

echo "TAP version 13"
trap run_deferred EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# wait_until SECONDS COMMAND...: try COMMAND until it succeeds, five times a
# second. A slow guest gets TIME_SCALE times as long. Ten tries at least: where
# the whole machine stands still, what is waited for has had no time either.
wait_until() {
	local deadline=$((SECONDS + $1 * ${TIME_SCALE:-1})) tries=0
	shift

	until "$@" >/dev/null 2>&1 </dev/null; do
		[ $((++tries)) -lt 10 ] || [ $SECONDS -lt $deadline ] || return 1
		sleep 0.2
	done
}

# lacks COMMAND...: it runs and says no (status 1 to 125), as for check_fail; for check
# and wait_until, which take a command.
lacks() {
	local rc

	"$@"
	rc=$?
	[ $rc -ge 1 ] && [ $rc -le 125 ]
}

# untold REGEX COMMAND...: COMMAND succeeds, and prints something, but nothing like that.
untold() {
	local regex=$1 out
	shift

	out=$("$@") && [ -n "$out" ] && lacks grep -E -- "$regex" <<<"$out"
}

#
# The module
#

# load_module: insert vnet.ko; it is removed at exit.
load_module() {
	local depends

	depends=$(modinfo -F depends "$VNET_KO") || bail_out "no module at $VNET_KO"
	# shellcheck disable=SC2086 # a list of words
	[ -z "$depends" ] || must modprobe -a ${depends//,/ }
	must insmod "$VNET_KO"
	defer unload_module
}

unload_module() {
	[ ! -d /sys/module/vnet ] || rmmod vnet
}

#
# Topology
#

# add_netns NAME: a network namespace with its loopback up.
add_netns() {
	must ip netns add "$1"
	defer del_netns "$1"
	must ip -n "$1" link set lo up
}

# del_netns NAME: with all that runs in it.
del_netns() {
	[ -e "/run/netns/$1" ] || return 0
	ip netns pids "$1" | xargs -r kill -KILL
	ip netns del "$1"
}

# in_vm NAME COMMAND...
in_vm() {
	ip netns exec "$@"
}

# on HOST COMMAND...: HOST is a network namespace, too; "" is the script's own.
on() {
	local host=$1
	shift

	${host:+ip netns exec "$host"} "$@"
}

# peer_vnets A B [KEYWORD VALUE...]: both sides, with the same flags.
peer_vnets() {
	must vrs peering set "$1" "$2" "${@:3}"
	must vrs peering set "$2" "$1" "${@:3}"
}

# gateway ADDR/PLEN: the router's address in a subnet, which is its first.
gateway() {
	local addr=${1%/*} plen=${1#*/} a b c d

	if [[ $addr = *:* ]]; then
		echo "fe80::1234:5678:9abc"
		return
	fi
	IFS=. read -r a b c d <<<"$addr"
	d=$((((a << 24 | b << 16 | c << 8 | d) & -(1 << (32 - plen))) + 1))
	echo "$((d >> 24 & 255)).$((d >> 16 & 255)).$((d >> 8 & 255)).$((d & 255))"
}

# wire_guest_at HOST NAME MAC: a guest is a network namespace whose eth0 is one end
# of a veth pair; the other end, called NAME, is its NIC on HOST, up and in no VNet
# so far. It says nothing yet.
wire_guest_at() {
	local host=$1 name=$2 mac=$3

	add_netns "$name"
	must on "$host" ip link add "$name" type veth \
		peer name eth0 address "$mac" netns "$name"
	must on "$host" ip link set "$name" up
	vm_mac[$name]=$mac
}

# address_guest NAME [ADDR/PLEN...]: its eth0 is up, with these addresses and with
# default routes by the routers of their subnets.
address_guest() {
	local name=$1 addr nodad
	shift

	must ip -n "$name" link set eth0 up
	for addr; do
		[[ $addr = *:* ]] && nodad=nodad || nodad=
		must ip -n "$name" address add "$addr" dev eth0 $nodad
		must ip -n "$name" route add default via "$(gateway "$addr")" dev eth0
	done
}

# add_guest_at HOST NAME MAC [ADDR/PLEN...]: a guest that speaks
add_guest_at() {
	wire_guest_at "$1" "$2" "$3"
	address_guest "$2" "${@:4}"
}

# enslave_at HOST NAME VNET ADDR[/PLEN]...: the NIC is in VNET, its MAC is
# ${vm_mac[NAME]}, and it owns the addresses.
enslave_at() {
	local host=$1 name=$2 vnet=$3
	shift 3

	must on "$host" ip link set "$name" master "$vnet" up
	# shellcheck disable=SC2046 # a list of words
	must on "$host" vrs nic set "$name" mac "${vm_mac[$name]}" \
		$(printf 'address %s ' "${@%/*}")
}

# add_vm_at HOST NAME VNET ADDR/PLEN...: a guest in VNET, from its first word on.
add_vm_at() {
	local mac

	((++vm_count))
	mac=$(printf '02:00:00:00:00:%02x' $vm_count)
	wire_guest_at "$1" "$2" "$mac"
	enslave_at "$@"
	address_guest "$2" "${@:4}"
}

# The same on this host, with all but HOST
add_guest() { add_guest_at "" "$@"; }
enslave() { enslave_at "" "$@"; }
add_vm() { add_vm_at "" "$@"; }
