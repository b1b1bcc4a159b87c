# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# For tests of the data path, after lib.sh: traffic, and the counters that say
# what became of it.

seconds() {
	echo $(($1 * ${TIME_SCALE:-1}))
}

# counter_at HOST DEV NAME: of a VNet or a NIC, e.g. rx_packets or drop_no_route.
counter_at() {
	on "$1" sh -c "cat /sys/class/net/$2/vnet*/$3"
}

# drops_at HOST DEV: all drops, one reason a line, with their counters.
drops_at() {
	on "$1" sh -c "grep -H . /sys/class/net/$2/vnet*/drop_*" |
		sed 's|.*/drop_||; /:0$/d'
}

counter_at_above() {
	[ "$(counter_at "$1" "$2" "$3")" -gt "$4" ]
}

counter_at_rises() {
	local host=$1 dev=$2 name=$3 before
	shift 3

	before=$(counter_at "$host" "$dev" "$name") || return
	"$@"
	wait_until 2 counter_at_above "$host" "$dev" "$name" "$before" && return
	echo "${host:+$host: }$dev: $name is still $before; drops:"
	drops_at "$host" "$dev"
	return 1
}

# check_counter_at NAME HOST DEV COUNTER COMMAND...: passes if COUNTER of DEV rises
# while COMMAND runs, whatever that says.
check_counter_at() {
	check "$1" counter_at_rises "${@:2}"
}

# The same on this host, with all but HOST
counter() { counter_at "" "$@"; }
drops() { drops_at "" "$@"; }
counter_above() { counter_at_above "" "$@"; }
check_counter() { check_counter_at "$1" "" "${@:2}"; }

# add_onprem: the host behind the NVA "nva", which forwards to it: 10.250.0.10 and
# fd00:250::10.
add_onprem() {
	add_netns onprem
	must ip link add name inside netns nva type veth peer name eth0 netns onprem
	must ip -n nva address add 10.250.0.1/16 dev inside
	must ip -n nva address add fd00:250::1/64 dev inside nodad
	must ip -n nva link set inside up
	must ip -n onprem address add 10.250.0.10/16 dev eth0
	must ip -n onprem address add fd00:250::10/64 dev eth0 nodad
	must ip -n onprem link set eth0 up
	must ip -n onprem route add default via 10.250.0.1
	must ip -n onprem route add default via fd00:250::1
	must in_vm nva sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
}

# ping_from VM ADDR [OPTION...]: one packet there and back.
ping_from() {
	in_vm "$1" ping -n -c 1 -W "$(seconds 2)" "${@:3}" "$2"
}

# send_from VM ADDR [OPTION...]: one packet that nobody is expected to answer.
send_from() {
	in_vm "$1" ping -n -c 1 -W 0.1 "${@:3}" "$2"
}

# storm CPU VM ADDR...: bursts without end, sent and so forwarded by one CPU, which does
# everything else first; until the end of the test.
storm() {
	ip netns exec "$2" taskset -c "$1" nice -n 19 \
		blast -n 16 -p "$(seconds 50)" "${@:3}" &
	defer kill $!
}

# ttl_from VM ADDR: the TTL that the answer arrives with.
ttl_from() {
	ping_from "$@" | sed -n 's/.* ttl=\([0-9]*\) .*/\1/p'
}

# expires_at VM ADDR: who tells VM that a packet with TTL 1 goes no further
expires_at() {
	ping_from "$@" -t 1 | sed -n 's/^From \([^ ]*\) .*exceeded.*/\1/p'
}

listening() {
	in_vm "$1" ss -Hltn "sport = $2" | grep -q .
}

# tcp_transfer FROM TO ADDR: FROM sends 10 MiB (less to a slow kernel) to TO at
# ADDR, which must get them unharmed.
tcp_transfer() {
	local from=$1 to=$2 addr=$3 dir rc

	dir=$(mktemp -d)
	head -c $((10240 / ${TIME_SCALE:-1}))K /dev/urandom >"$dir/sent"
	in_vm "$to" timeout "$(seconds 60)" nc -l "$addr" 5000 \
		>"$dir/received" </dev/null &
	wait_until 5 listening "$to" 5000 &&
		in_vm "$from" timeout "$(seconds 60)" nc -N "$addr" 5000 \
			<"$dir/sent" &&
		wait $! && cmp "$dir/sent" "$dir/received"
	rc=$?
	rm -r "$dir"
	return $rc
}

# The one of before: its socket is to be closed when the next one listens.
end_listener() {
	[ -z "${listener:-}" ] || { kill "$listener"; wait "$listener"; } 2>/dev/null
}

# host_listens [OPTION...] ADDR: a socket of the host waits at port 179 for one
# connection; options as in tools/bound.c.
host_listens() {
	end_listener
	timeout "$(seconds 30)" \
		bound "${@:1:$#-1}" listen "${!#}" 179 >/dev/null &
	listener=$!
	must wait_until 5 sh -c "ss -Hltn 'sport = 179' | grep -q ."
}

# vm_listens VM ADDR: the same of a guest.
vm_listens() {
	end_listener
	in_vm "$1" timeout "$(seconds 30)" bound listen "$2" 179 >/dev/null &
	listener=$!
	must wait_until 5 listening "$1" 179
}

# connect_from VM|host [OPTION...] ADDR: a TCP connection to port 179 carries
# data both ways. If not, the status is that of who tried, for check_fail.
connect_from() {
	local where=(in_vm "$1") answer

	[ "$1" != host ] || where=()
	answer=$(head -c 100000 /dev/zero |
		"${where[@]}" timeout "$(seconds 5)" \
			bound "${@:2:$#-2}" connect "${!#}" 179) || return
	grep "got 100000 bytes" <<<"$answer"
}
