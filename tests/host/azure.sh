#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Profile azure on the wire, byte by byte, as captures of Azure have it: the OPEN
# of each instance, what an NVA is told and what not, what it may announce. The
# NVA is netcat; hex digits are its messages.

. "${0%/*}/host.bash"

marker=ffffffffffffffffffffffffffffffff
# AS 65001, hold time 180, identifier 10.1.2.4; IPv4, IPv6, 4-octet AS numbers,
# and of what Azure has not: End-of-RIB (graceful restart), extended messages,
# enhanced refresh.
open_body=04fde900b40a010204
caps=010400010001010400020001020041040000fde94002000006004600

# hex LENGTH VALUE: a number in so many digits.
hex() { printf "%0$1x" "$2"; }
# message TYPE BODY: with its header.
message() { echo "$marker$(hex 4 $((19 + ${#2} / 2)))$1$2"; }
open_message() { message 01 "$open_body$(hex 2 $((${#caps} / 2 + 2)))02$(hex 2 $((${#caps} / 2)))$caps"; }
keepalive() { message 04 ""; }

# update PATH NLRI: IPv4, with this AS_PATH.
update() {
	local asn path='' attrs

	for asn in $1; do
		path+=$(hex 8 "$asn")
	done
	path=02$(hex 2 $((${#path} / 8)))$path
	attrs=400101004002$(hex 2 $((${#path} / 2)))${path}4003040a010204
	message 02 "0000$(hex 4 $((${#attrs} / 2)))$attrs$2"
}

# nlri FROM TO: /24s by number, the first of all is 20.0.0.0/24.
nlri() {
	local i

	for ((i = $1; i <= $2; i++)); do
		printf '18%06x' $((0x140000 + i))
	done
}

# connect INSTANCE: as the NVA; what is heard then is in $run/heard.
connect() {
	rm -f "$run/say"
	mkfifo "$run/say"
	ip netns exec "$(ns sdwan)" nc -s 10.1.2.4 "$1" 179 <"$run/say" >"$run/heard" 2>/dev/null &
	nc_pid=$!
	defer end_process $nc_pid
	exec 9>"$run/say"
}
disconnect() {
	exec 9>&-
	end_process $nc_pid
}
say_it() {
	local escaped

	# shellcheck disable=SC2001 # each two of them
	escaped=$(sed 's/../\\x&/g' <<<"$1")
	printf '%b' "$escaped"
}
# say MESSAGE: in vain if it is refused, and not the end of us.
say() { (trap '' PIPE && say_it "$1" >&9) 2>/dev/null; }

# messages: what has been heard so far, type and body, a line each.
messages() {
	local all at=0 len

	all=$(od -An -v -tx1 "$run/heard" | tr -d ' \n')
	while [ $((${#all} - at)) -ge 38 ]; do
		len=$((0x${all:at+32:4} * 2))
		[ $((${#all} - at)) -ge $len ] || break
		echo "${all:at+36:len-36}"
		at=$((at + len))
	done
}
hears() { messages | grep -q "^$1"; }
count() { messages | grep -c "^$1" || true; }
hears_twice() { [ "$(count "$1")" -eq 2 ]; }
first_message() { messages | head -n 1; }

# azure_config PROFILE
azure_config() {
	cat >"$run/vrsd.yaml" <<-EOF
	vnets:
	  - name: blue
	    vni: 5001
	    table: 100
	    bgp-table: 101
	    address-spaces: [10.1.0.0/16]
	    route-server:
	      profile: $1
	      addresses: [10.1.1.4, 10.1.1.5]
	      neighbors:
	        - { name: sdwan, address: 10.1.2.4, asn: 65001 }
	        - { name: second, address: 10.1.2.5, asn: 65001 }
	        - { name: third, address: 10.1.2.6, asn: 65001 }
	EOF
}

# thousands FROM N: of routes.
thousands() {
	local i

	for ((i = 0; i < $2; i++)); do
		update 65001 "$(nlri $(($1 + i * 1000)) $(($1 + i * 1000 + 999)))"
	done | tr -d '\n'
}

# other ADDRESS FROM: another NVA that has 4,000 routes; $! is its process.
other() {
	local fd

	mkfifo "$run/say.$1"
	exec {fd}<>"$run/say.$1"
	ip netns exec "$(ns sdwan)" nc -s "$1" 10.1.1.4 179 <"$run/say.$1" >"$run/heard.$1" 2>&1 &
	defer end_process $!
	say_it "$(open_message)$(keepalive)$(thousands "$2" 4)" >&"$fd"
}

# establish: with instance 1, again if it is not ready; as far as the address
# space is told.
establish() {
	connect 10.1.1.4
	say "$(open_message)$(keepalive)"
	for _ in {1..30}; do
		hears "$space" && return
		sleep 0.3
	done
	disconnect
	return 1
}
has() { vrs show learned sdwan -j | jq -e --arg p "$1" 'any(.[]?[]?; .network == $p)' >/dev/null; }
# held N [NEIGHBOR]
held() {
	vrs show peers -j | jq -e --argjson n "$1" --arg who "${2-sdwan}" \
		'[.[] | select(.neighbor == $who) | .learned] | max == $n' >/dev/null
}

# Version, AS 65515, hold time 180, identifier; one parameter with IPv4, IPv6,
# route refresh, 4-octet AS numbers.
open_of() { echo "0104ffeb00b4${1}160214010400010001010400020001020041040000ffeb"; }
# 10.1.0.0/16: ORIGIN IGP, AS_PATH 65515, NEXT_HOP 10.1.1.4, nothing else
space=02000000144001010040020602010000ffeb4003040a010104100a01

add_topology
must ip -n "$(ns sdwan)" address add 10.1.2.5/32 dev eth0
must ip -n "$(ns sdwan)" address add 10.1.2.6/32 dev eth0
azure_config azure
start_vrsd

connect 10.1.1.4
check "instance 1 sends its OPEN" wait_until 20 hears 01
check_equal "it is Azure's, with the instance's address as identifier" "$(open_of 0a010104)" first_message
disconnect
connect 10.1.1.5
check "instance 2 sends its own" wait_until 20 hears 01
check_equal "with another identifier" "$(open_of 0a010105)" first_message
disconnect

wait_until 60 establish
check "a session comes up, and the address space is told with Azure's attributes" hears "$space"
# The answer to a ROUTE-REFRESH comes after all that was to come at first.
say "$(message 05 00010001)"
check "ROUTE-REFRESH: it is told again" wait_until 20 hears_twice "$space"
check "and not as of a beginning and an end (RFC 7313)" lacks hears 05000101
check_equal "nothing else was told, no End-of-RIB either" 2 count 02

# IPv6 is offered, and none is taken: fd00:250::/32 by fd00:10:1:2::4.
reach=800e1a00020110fd00001000010002000000000000000400
say "$(message 02 "0000002a400101004002060201$(hex 8 65001)${reach}20fd000250")"
say "$(update 65001 "$(nlri 1 1)")"
check "a route behind one of IPv6 is learned" wait_until 20 has 20.0.1.0/24
check "that of IPv6 is not" lacks has fd00:250::/32
check "and the log says so" logged "sdwan .*profile azure: ipv6.* not taken"
check_equal "the session stays" 0 count 03

say "$(update "65001 65515" "$(nlri 2 2)")$(update "65001 65001" "$(nlri 3 3)")"
check "a path with the AS of the NVA twice is learned (TV-20)" wait_until 20 has 20.0.3.0/24
check "one with ours is not listed" lacks has 20.0.2.0/24
disconnect

wait_until 60 establish
check "the session comes up again" hears "$space"
say "$(thousands 1 4)"
check "4,000 routes are taken without a prefix-limit" wait_until 30 held 4000
check_equal "the session stays" 0 count 03
say "$(update 65001 "$(nlri 4001 4001)")"
check "one more ends it: Cease, Maximum Number of Prefixes Reached" wait_until 20 hears 030601
check "and all its routes" wait_until 20 held 0
disconnect
wait_until 60 establish
check "after a while it may come again" hears "$space"
# TV-19: 2,001 and the same 2,001 again.
for i in 1 1001 2001; do
	say "$(update 65001 "$(nlri $i $((i < 2000 ? i + 999 : i + 1000)))")"
done
check "3,001 are held" wait_until 20 held 3001
say "$(update 65001 "$(nlri 1 999)")"
say "$(update 65001 "$(nlri 4000 4000)")"
check "999 of them again are 4,000 (TV-19)" wait_until 20 held 3002
check_equal "the session stays" 0 count 03
say "$(update 65001 "$(nlri 1 999)")"
check "once more, with one more held, are 4,001" wait_until 20 hears 030601
disconnect

# With the address space, and 4,000 of each of two others, 1,999 are left.
other 10.1.2.5 10001
other=$!
other 10.1.2.6 20001
check "two other NVAs have 4,000 routes each" wait_until 60 eval 'held 4000 second && held 4000 third'
wait_until 60 establish
check "the session comes up again" hears "$space"
say "$(thousands 1 2)"
check "10,000 prefixes are all that the VNet takes" wait_until 30 held 1999
check "the log says so" logged "sdwan .*10000 prefixes are all that the vnet takes"
check_equal "no session ends for it" 0 count 03
say "$(thousands 10001 1)"
check "what another has already is no more" wait_until 30 held 2999
check_equal "nobody was asked for anything yet" 0 count 05
end_process $other
check "when there is room it is asked for what was not taken" wait_until 60 hears 0500010001
say "$(thousands 1 2)"
check "and that is taken then" wait_until 30 held 3000
disconnect

# No key of a route server or a neighbor is without a word: what the profile makes of
# each is in its table.
# keys FIELD BETWEEN: all that there are where an unknown one is, before FIELD, by the
# error.
keys() {
	sed "s/$1/nothing: 0$2&/" "$run/vrsd.yaml" >"$run/keys.yaml"
	"$vrsd" -n -c "$run/keys.yaml" 2>&1 | sed -n 's/.*unknown key "nothing", expected //p' |
		sed 's/, / /g; s/ or / /'
}
unexplained() {
	local key

	for key in $(keys "$@"); do
		sed -n '/^## Profile azure/,$p' "${0%/*}/../../docs/azure.md" | grep -q "\`$key\`" || echo "$key"
	done
}
check "the keys of a neighbor are told" eval 'keys "name: sdwan" ", " | grep -q prefix-limit-restart'
check_equal "docs/azure.md has each of them" "name address" eval 'echo $(unexplained "name: sdwan" ", ")'
check "those of a route server are told" eval 'keys "profile:" "\n      " | grep -q branch-to-branch'
check_equal "it has them, too" profile eval 'echo $(unexplained "profile:" "\n      ")'

# The same in our own profile.
azure_config default
must vrs reload
wait_until 60 establish
check "profile default: the session comes up" hears "$space"
check "with another OPEN" lacks eval '[ "$(first_message)" = "$(open_of 0a010104)" ]'
say "$(update "65001 65515" "$(nlri 2 2)")$(update 65001 "$(nlri 3 3)")"
check "what is learned is listed" wait_until 20 has 20.0.3.0/24
check "and what has our AS, too" has 20.0.2.0/24
disconnect

# Who knows End-of-RIB, as FRR by default, sends none to whoever does not offer
# graceful restart, and is not waited for.
azure_config azure
must sed -i '/name: second/d; /name: third/d; s/, 10.1.1.5//' "$run/vrsd.yaml"
must vrs reload
stop_vrsd KILL
start_vrsd
wait_until 60 establish
check "after a restart, the session comes up" wait_until 10 logged "session established"
check "that is not waited for" wait_until 15 logged "blue: all neighbors are back"
disconnect
stop_vrsd
check_equal "vrsd ends in good order" 0 echo $?
ktap_finish
