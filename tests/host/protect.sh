#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What protects sessions: TCP MD5 signatures with FRR and BIRD, a smallest TTL,
# and neighbors that dial in from a range of addresses.

. "${0%/*}/host.bash"

add_topology

# configure NEIGHBOR...: each a line of neighbors.
configure() {
	write_config
	sed -i '/^        - {/d' "$run/vrsd.yaml"
	printf '        - { %s }\n' "$@" >>"$run/vrsd.yaml"
}
install -m 600 /dev/stdin "$run/key" <<<"key-of-sdwan6"
sdwan='name: sdwan, address: 10.1.2.4, asn: 65001'
sdwan6='name: sdwan6, address: "fd00:10:1:2::4", asn: 65001'
firewall='name: firewall, address: 10.1.3.4, asn: 65002'
firewall6='name: firewall6, address: "fd00:10:1:3::4", asn: 65002'

configure "$sdwan, md5-key: 'key:#sdwan'" "$sdwan6, md5-key-file: $run/key" \
	"$firewall, md5-key: key-of-fw" "$firewall6"
start_vrsd
start_frr
start_bird
check "who has no key yet and should is not heard" wait_until 20 sessions 2
check "firewall6, which needs none, is" wait_until 10 learned firewall6 ::/0
must frr_configure "router bgp 65001" 'neighbor 10.1.1.4 password key:#sdwan' \
	'neighbor 10.1.1.5 password key:#sdwan' \
	'neighbor fd00:10:1:1::4 password key-of-sdwan6' \
	'neighbor fd00:10:1:1::5 password key-of-sdwan6'
check "FRR with the keys comes up, IPv4 and IPv6" wait_until 60 sessions 6
sed -i 's/^template bgp azure4 .*/&\n  password "wrong";/' "$run/bird.conf"
must bird configure >/dev/null
# always COMMAND...: each time that it is tried, for some seconds.
always() { local i; for i in 1 2 3 4 5; do "$@" || return; sleep 1; done; }
check "BIRD with a wrong key does not" always sessions 6
sed -i 's/password "wrong"/password "key-of-fw"/' "$run/bird.conf"
must bird configure >/dev/null
check "with the right one it does" wait_until 60 sessions 8
check "routes come through it" wait_until 10 bird_has 10.250.0.0/16 "65515 65001"

# Keys that change or go, without a restart.
counts=$(session_counts firewall)
configure "$sdwan, md5-key: another" "$sdwan6, md5-key-file: $run/key" \
	"$firewall, md5-key: key-of-fw" "$firewall6"
check "another key" vrs reload
check "ends the sessions that have the old one" wait_until 10 sessions 6
check_equal "and no others" "$counts" session_counts firewall
must frr_configure "router bgp 65001" 'neighbor 10.1.1.4 password another' \
	'neighbor 10.1.1.5 password another'
check "that come up with the new one" wait_until 60 sessions 8
configure "$sdwan" "$sdwan6, md5-key-file: $run/key" "$firewall, md5-key: key-of-fw" "$firewall6"
must vrs reload
check "without a key a signed one is refused" wait_until 10 sessions 6
must frr_configure "router bgp 65001" 'no neighbor 10.1.1.4 password' \
	'no neighbor 10.1.1.5 password'
check "and an unsigned one is not" wait_until 60 sessions 8

chmod 644 "$run/key"
check_error "a key file that others may read is refused" "mode 0600" vrs reload
chmod 600 "$run/key"

# Where keys must not be: in logs, answers, and processes other than the parent.
key_in_memory() {
	local pid from to _
	pid=$vrsd_pid
	[ "$1" = parent ] || pid=$(vrsd_process "$1")
	while IFS='- ' read -r from to _; do
		dd if="/proc/$pid/mem" bs=4096 iflag=skip_bytes,count_bytes status=none \
			skip=$((16#$from)) count=$((16#$to - 16#$from)) 2>/dev/null
	done < <(grep -E 'rw-p .*(\[heap\]|\[stack\]| 0 *$)' "/proc/$pid/maps") |
		grep -qaF key-of-fw
}
check "the parent holds a key" key_in_memory parent
for process in speaker control bfd; do
	check "$process holds none" lacks key_in_memory $process
done
check "the log shows none" lacks grep -qE 'key-of-fw|another$|key-of-sdwan6' "$run/vrsd.log"
check "nor do answers" untold 'key-of-fw|another|key-of-sdwan6' vrs show peers -j

# What the kernel drops is all that there is to see of one that is not heard.
count_dropped() { grep -c "warning: .* TCP segments dropped, with $1" "$run/vrsd.log"; }
more_dropped() { [ "$(count_dropped "$1")" -gt "$2" ]; }
# quiet COUNTER: the kernel drops no more.
dropped() { in_ns rs nstat -asz "TcpExt$1"; }
quiet() { local n; n=$(dropped "$1"); sleep 6; [ "$(dropped "$1")" = "$n" ]; }

# Nobody is expected at the instances' addresses of IPv6, whatever TTL they come with.
configure "$sdwan" "$firewall, md5-key: key-of-fw"
must vrs reload
check "who comes where nobody is expected is refused, and the log says so" wait_until 40 \
	logged "connection from fd00:10:1:3::4 to fd00:10:1:1::[45]: refused"
check "for what it is" lacks more_dropped "a TTL too low" 0

# A smallest TTL. FRR as an external neighbor sends less.
configure "$sdwan, ttl-security: 1" "$sdwan6, md5-key-file: $run/key, ttl-security: 1" \
	"$firewall, md5-key: key-of-fw, ttl-security: 254" "$firewall6, ttl-security: 254"
must vrs reload
check "whose TTL is too small is not heard" wait_until 30 sessions 4
check "one with hops to spare is" wait_until 10 learned firewall6 ::/0
must frr_configure "router bgp 65001" "no neighbor RS ebgp-multihop" \
	"neighbor RS ttl-security hops 1"
check "with 255 it is heard, and hears us with 255" wait_until 60 sessions 8
configure "$sdwan" "$sdwan6, md5-key-file: $run/key" "$firewall, md5-key: key-of-fw" "$firewall6"
must vrs reload
check "without it as well" wait_until 60 sessions 8

# Two routers away: what arrives has a TTL of 253.
# wire A B N: a link between two namespaces
wire() {
	must ip -n "$(ns "$1")" link add "to$2" type veth peer name "to$1" netns "$(ns "$2")"
	must ip -n "$(ns "$1")" link set "to$2" up
	must ip -n "$(ns "$2")" link set "to$1" up
	must ip -n "$(ns "$1")" address add "10.1.$3.1/24" dev "to$2"
	must ip -n "$(ns "$2")" address add "10.1.$3.4/24" dev "to$1"
	must ip -n "$(ns "$1")" address add "fd00:10:1:$3::1/64" dev "to$2" nodad
	must ip -n "$(ns "$2")" address add "fd00:10:1:$3::4/64" dev "to$1" nodad
}
add_nva hop1 20
add_netns "$(ns hop2)"
add_netns "$(ns far)"
wire hop1 hop2 21
wire hop2 far 22
for n in hop1 hop2; do
	in_ns $n sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
done
must ip -n "$(ns rs)" route add 10.1.22.0/24 via 10.1.20.4
must ip -n "$(ns rs)" route add fd00:10:1:22::/64 via fd00:10:1:20::4
must ip -n "$(ns hop1)" route add 10.1.22.0/24 via 10.1.21.4
must ip -n "$(ns hop1)" route add fd00:10:1:22::/64 via fd00:10:1:21::4
must ip -n "$(ns hop2)" route add default via 10.1.21.1
must ip -n "$(ns hop2)" route add default via fd00:10:1:21::1
must ip -n "$(ns far)" route add default via 10.1.22.1
must ip -n "$(ns far)" route add default via fd00:10:1:22::1
cat >"$run/far.conf" <<-EOF
router id 10.1.22.4;
protocol device {}
template bgp up {
  multihop 255;
  connect delay time 1;
  connect retry time 2;
  error wait time 2, 4;
}
protocol bgp up4 from up {
  local 10.1.22.4 as 65300; neighbor 10.1.1.4 as 65515; ipv4 { import all; export none; };
}
protocol bgp up6 from up {
  local fd00:10:1:22::4 as 65300; neighbor fd00:10:1:1::4 as 65515; ipv6 { import all; export none; };
}
EOF
run_bird far far
far_pid=$!
far_up() {
	vrs show peers -j | jq -e --arg n "$1" \
		'any(.[]; .neighbor == $n and .state == "Established")'
}
# allow_hops N
allow_hops() {
	configure "$sdwan" "$sdwan6, md5-key-file: $run/key" "$firewall, md5-key: key-of-fw" "$firewall6" \
		"name: far, address: 10.1.22.4, asn: 65300, ttl-security: $1" \
		"name: far6, address: \"fd00:10:1:22::4\", asn: 65300, ttl-security: $1"
	must vrs reload
}
must wait_until 60 quiet TCPMinTTLDrop
before=$(count_dropped "a TTL too low")
allow_hops 2
check "one hop too many is reported" wait_until 120 more_dropped "a TTL too low" "$before"
none_far_up() {
	vrs show peers -j | jq -e \
		'any(.[]; (.neighbor | startswith("far")) and .state == "Established") | not'
}
check "and not heard, in IPv4 and IPv6" always none_far_up
check "with the TTL that it has" wait_until 20 \
	logged "10.1.22.4 refused, it comes with a TTL of 253, ttl-security asks for 254"
# What it says before we ask for a TTL must not be heard, either.
check "nor does it believe so" always untold 'OpenConfirm|Established' \
	birdc -s "$run/far.ctl" show protocols
allow_hops 3
check "as many as are allowed is heard" wait_until 40 far_up far
check "in IPv6, too" wait_until 40 far_up far6
# When it closes first, the last of its acknowledgements has a TTL of 62.
half_closed() { in_ns rs ss -Htan state fin-wait-1 state fin-wait-2 state last-ack | grep -q .; }
must kill -KILL $far_pid
check "it goes" wait_until 10 none_far_up
check "and nothing is left of its connections" wait_until 10 lacks half_closed
run_bird far far
check "it comes back" wait_until 40 far_up far
check "in IPv6, too" wait_until 40 far_up far6
allow_hops 2
check "until fewer are" wait_until 30 none_far_up
check "and it stays so" always none_far_up
must birdc -s "$run/far.ctl" down >/dev/null
configure "$sdwan" "$sdwan6, md5-key-file: $run/key" "$firewall, md5-key: key-of-fw" "$firewall6"
must vrs reload

# Neighbors that dial in: BIRD again, with a session per namespace.
# dial_in NAME AS FROM TO KEY
dial_in() {
	local family=4 n=${3%[.:]4}

	n=${n%:}
	[[ $3 != *:* ]] || family=6
	cat >"$run/$1.conf" <<-EOF
	router id 10.1.9.${2#651};
	protocol device {}
	protocol static { ipv$family; route ${6:-10.9.0.0/16} blackhole; }
	protocol bgp up {
	  local $3 as $2;
	  neighbor $4 as 65515;
	  multihop;
	  password "$5";
	  connect delay time 1;
	  error wait time 2, 4;
	  ipv$family { import all; export where source = RTS_STATIC; next hop self; };
	}
	EOF
	run_bird "$1" "in${n##*[.:]}"
}
for n in 96 97 98 99; do
	add_nva in$n $n
done
in_range() {
	vrs show peers -j | jq -r --arg n "$1" '[.[] | select(.neighbor == $n and .state == "Established") |
		"\(.address) \(.asn)"] | sort | join(", ")'
}
is() { [ "$("${@:2}")" = "$1" ]; }
configure "$sdwan" "$sdwan6, md5-key-file: $run/key" "$firewall, md5-key: key-of-fw" "$firewall6" \
	'name: in, range: 10.1.96.0/22, limit: 2, asns: [65101, 65102, 65104], md5-key: key-of-range' \
	'name: in6, range: "fd00:10:1:96::/64", asn: 65106, md5-key: key-of-range6'
must vrs reload
check_equal "a range without anybody is not shown" "" in_range in
wrong="the wrong TCP MD5 signature"
before=$(count_dropped "$wrong")
dial_in wrong 65101 10.1.96.4 10.1.1.4 key-of-rangE
check "one with a wrong key is reported" wait_until 120 more_dropped "$wrong" "$before"
check_equal "and does not come up" "" in_range in
must birdc -s "$run/wrong.ctl" down >/dev/null
check "until it is gone" wait_until 60 quiet TCPMD5Failure
before=$(count_dropped "$wrong")
dial_in wrong6 65106 fd00:10:1:96::4 fd00:10:1:1::4 key-of-range fd00:9::/32
check "so is one in IPv6" wait_until 120 more_dropped "$wrong" "$before"
check_equal "that does not come up either" "" in_range in6
must birdc -s "$run/wrong6.ctl" down >/dev/null
# First and alone: were both places taken, the limit would refuse it, not its AS.
dial_in c 65199 10.1.98.4 10.1.1.4 key-of-range
check "one of another AS is not let in" \
	wait_until 60 logged "10.1.98.4.*Bad Peer AS: 65199, expected one of 3"
dial_in a 65101 10.1.96.4 10.1.1.4 key-of-range
dial_in b 65102 10.1.97.4 10.1.1.4 key-of-range
dial_in d 65106 fd00:10:1:96::4 fd00:10:1:1::4 key-of-range6 fd00:9::/32
check "those of the right AS are let in" \
	wait_until 60 is "10.1.96.4 65101, 10.1.97.4 65102" in_range in
check "in IPv6, too" wait_until 30 is "fd00:10:1:96::4 65106" in_range in6
check "their routes are learned" wait_until 10 eval \
	'vrs show learned in -j | jq -e "[.[]?[]? | select(.network == \"10.9.0.0/16\")] | length == 2"'
dial_in e 65104 10.1.99.4 10.1.1.4 key-of-range
check "one more than the limit is refused" wait_until 30 logged "10.1.9[89].4 refused, the limit is reached"
check_equal "the others do not notice" "10.1.96.4 65101, 10.1.97.4 65102" in_range in
counts=$(session_counts in)
must vrs reload
check_equal "nor a reload" "$counts" session_counts in
must birdc -s "$run/c.ctl" disable up >/dev/null
must birdc -s "$run/a.ctl" disable up >/dev/null
check "when one goes it is forgotten" wait_until 10 logged "10.1.96.4.* gone, forgotten"
check "and the next is let in" wait_until 60 is "10.1.97.4 65102, 10.1.99.4 65104" in_range in
configure "$sdwan" "$sdwan6, md5-key-file: $run/key" "$firewall, md5-key: key-of-fw" "$firewall6" \
	'name: in, range: 10.1.96.0/22, limit: 2, asns: [65101, 65102], md5-key: key-of-range'
must vrs reload
check "an AS that is allowed no more is sent away" wait_until 10 is "10.1.97.4 65102" in_range in
check_equal "and a range that is no more" "" in_range in6
check "all others are as they were" sessions 9

# More keys than a listening socket has room for: each takes more than 128 bytes.
n=$(($(cat /proc/sys/net/core/optmem_max) / 128 + 20))
many=()
for ((i = 0; i < n; i++)); do
	many+=("name: r$i, range: 10.1.$((128 + i / 64)).$((i % 64 * 4))/30, limit: 1, asn: 65110, md5-key: key-of-r")
done
all=("$sdwan" "$sdwan6, md5-key-file: $run/key" "$firewall, md5-key: key-of-fw" "$firewall6"
	'name: in, range: 10.1.96.0/22, limit: 2, asns: [65101, 65102], md5-key: key-of-range')
configure "${all[@]}" "${many[@]}"
check "$n more keys" vrs reload
full='TCP MD5: one key more than net.core.optmem_max has room for'
check "the log says whose do not fit" logged "neighbor r$((n - 1)): refused at 10.1.1.4: $full"
check "vrs does" eval 'vrs show peers -j | jq -e --arg p "$full" --arg n "r$((n - 1))" \
	"[.[] | select(.neighbor == \$n) | .problem == \$p] | length == 2 and all"'
check_equal "and that nobody else is refused" 0 eval 'vrs show problems -j |
	jq "[.[] | select(.neighbor | test(\"^r[0-9]+\$\") | not)] | length"'
check_equal "nobody has lost a session" 9 eval 'vrs show peers -j |
	jq "[.[] | select(.state == \"Established\")] | length"'
before=$(times_up firewall)
must bird restart rs0 >/dev/null
more_than() { [ "$(times_up firewall)" -gt "$1" ] && sessions 9; }
check "and whoever has a key can come" wait_until 60 more_than "$before"
configure "${all[@]}" "${many[@]:0:8}"
must vrs reload
check_equal "with fewer all fit" 0 eval 'vrs show problems -j | jq length'
stop_vrsd
check_equal "vrsd ends in good order" 0 echo $?
ktap_finish
