#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The control socket: who may ask, what is answered, and that nobody who asks
# oddly or slowly is in anybody's way.

. "${0%/*}/host.bash"
# shellcheck source=../../agent/vrs/vrs.bash-completion
. "${0%/*}/../../agent/vrs/vrs.bash-completion"

add_topology
write_config
start_vrsd
start_bird
check "sessions come up" wait_until 20 sessions 4
check "and routes" wait_until 10 learned firewall 0.0.0.0/0

# ask REQUEST [COMMAND...]: what is answered, by a client that is COMMAND's.
ask() {
	"${@:2}" /usr/bin/python3 - "$run/rs/vrsd.sock" "$1" <<-'EOT'
	import socket, sys
	s = socket.socket(socket.AF_UNIX)
	s.settimeout(10)
	s.connect(sys.argv[1])
	s.sendall(sys.argv[2].encode() + b"\n")
	while data := s.recv(65536):
	    sys.stdout.write(data.decode())
	EOT
}
answers() { ask "$1" | tail -n 1 | jq -e --arg m "$2" 'if $m == "" then .status == "ok" else .status == "error" and (.message | test($m)) end'; }

check "a request is answered" answers '{"command": "peers"}' ""
check "what is not JSON is refused" answers 'peers' "not JSON"
check "no command is refused" answers '{"vnet": "blue"}' "names no command"
check "an unknown command is refused" answers '{"command": "x"}' 'unknown command "x"'
check "one that is cut within a character, too" \
	answers "{\"command\": \"$(printf '%063d' 0)é\"}" 'unknown command "0+"'
check "an unknown member is refused" answers '{"command": "peers", "a": 1}' 'unknown member "a"'
check "a member of another type is refused" answers '{"command": "peers", "vnet": 1}' '"vnet": expected'
check "a member that does not apply is refused" \
	answers '{"command": "status", "vnet": "blue"}' "does not apply"
check "an unknown neighbor is named" \
	answers '{"command": "learned", "neighbor": "none"}' 'no neighbor "none"'
check "an unknown VNet is named" \
	answers '{"command": "learned", "vnet": "red"}' 'no VNet "red"'
check "a neighbor is found by its address" \
	answers '{"command": "learned", "neighbor": "10.1.3.4"}' ""
check "a neighbor without a session is known" \
	answers '{"command": "learned", "neighbor": "sdwan"}' ""
check "vrs shows the paths in use" \
	eval 'vrs show routes blue | grep -q "^blue  *firewall .* 0.0.0.0/0 "'
check "whose own prefixes are there, too" \
	eval 'vrs show routes | grep -q "^blue  *10.1.0.0/16 "'
check "what was agreed on is of an address" \
	eval 'vrs show peers -a | grep -q "^blue  *firewall  *10.1.3.4 "'
peers_of() { vrs show peers "$@" -j | jq -r 'map(.neighbor) | unique | join(" ")'; }
check_equal "sessions of one neighbor" firewall peers_of firewall
check_equal "by its address, too" firewall peers_of 10.1.3.4 vnet blue
check_error "who is there" 'no neighbor "none"' vrs show peers none
check_error "of a VNet that is there" 'no VNet "red"' vrs show routes red
check "and what one VNet has learned" \
	eval 'vrs show learned firewall vnet blue | grep -q "^blue  *firewall .* 0.0.0.0/0 "'
check_error "not of another" 'no neighbor "firewall" in VNet "red"' vrs show learned firewall vnet red
check "keywords may be shortened without a neighbor" \
	eval 'vrs show learned vn blue | grep -q "^blue  *firewall .* 0.0.0.0/0 "'
check_error "and with one" 'no neighbor "none" in VNet "blue"' vrs show bfd none v blue
check_error "a neighbor may be called like a keyword" 'no neighbor "vnet" in VNet "blue"' \
	vrs show advertised vnet vnet blue
check_error "of two operands, too" 'no route map "m"' vrs policy test m dir out
status_of() { "$@" >/dev/null 2>&1; echo $?; }
check_equal "a name that is no text is not understood" 2 status_of vrs show learned $'\xff'
check_equal "nor is such a VNet" 2 status_of vrs show routes $'\xff'
check_error "not without a value" "vnet needs a value" vrs show learned firewall vnet
check_equal "where either may stand, keywords are completed" "direction vnet direction vnet" \
	eval '{ "$VNET_BUILD/vrs" --complete policy test m ""; "$VNET_BUILD/vrs" --complete policy test m firewall ""; } | xargs'
check_equal "and their values" "in out" \
	eval '"$VNET_BUILD/vrs" --complete policy test m dir "" | xargs'
# completed LINE [WORD...]: what the shell offers at its end, if vrs knows these words.
completed() (
	COMP_LINE=$1 COMP_POINT=${#1} known=("${@:2}")
	vrs() { printf '%s\n' "${known[@]}"; }
	[ ${#known[@]} -gt 0 ] || vrs() { "$VNET_BUILD/vrs" "$@"; }
	_vrs
	echo "${COMPREPLY[*]}"
)
check_equal "the shell completes a word" advertised completed "vrs show ad"
check_equal "behind the value of an option, too" advertised \
	completed "vrs -j -s $run/rs/vrsd.sock show ad"
check_equal "not the value" "" completed "vrs show -s "
check_equal "and behind a MAC address" "address forwarding own-routes" \
	completed "vrs nic set vm1 mac 02:00:00:00:00:04 "
check_equal "names of devices are begun as they are" vm1 \
	completed "vrs show effective-routes v" vm1 nva
check_equal "and quoted" "\\\$\\(\\>$run/own\\) a\\*b" \
	completed "vrs show effective-routes " "\$(>$run/own)" "a*b"
check "nothing in them is run" test ! -e "$run/own"

check "a request of 2,000 bytes is refused" \
	answers "{\"command\": \"$(printf '%2000s' x)\"}" "too long"
check_equal "status has a row for each process" "speaker bfd control" \
	eval 'ask "{\"command\": \"status\"}" | jq -r "select(.process) | .process" | xargs'

# Who may ask.
check_equal "the socket is root's and the group's" "660 root $(id -gn nobody)" \
	stat -c '%a %U %G' "$run/rs/vrsd.sock"
check_error "others cannot connect" "Permission denied" \
	ask '{"command": "peers"}' setpriv --reuid daemon --regid daemon --clear-groups
group() { ask "$1" setpriv --reuid daemon --regid nogroup --clear-groups; }
check "a member of the group may look" eval 'group "{\"command\": \"peers\"}" | grep -q "\"ok\""'
check "but not reload" eval 'group "{\"command\": \"reload\"}" | grep -q "only root"'
deep=$(printf '/%0100d' {1..8})
sed -i "s|name: sdwan,|& md5-key-file: $deep,|" "$run/vrsd.yaml"
check_error "why it fails is told to the end" "$deep: No such file or directory" vrs reload
write_config

# Clients that say nothing, hang up, or do not read.
cat >"$run/idle.py" <<-'EOT'
import socket, sys, time
socks = []
request = b'{"command": "lear' if sys.argv[3] == "half" else b'{"command": "learned"}\n'
for i in range(int(sys.argv[2])):
    s = socket.socket(socket.AF_UNIX)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    s.connect(sys.argv[1])
    try:
        s.sendall(request)
    except BrokenPipeError:
        pass
    if sys.argv[3] == "hangup":
        s.close()
    socks.append(s)
print("ready", flush=True)
time.sleep(60)
EOT
idle() {
	rm -f "$run/idle.out"
	/usr/bin/python3 "$run/idle.py" "$run/rs/vrsd.sock" "$1" "$2" >"$run/idle.out" &
	idle_pid=$!
	must wait_until 10 grep -q ready "$run/idle.out"
}
for how in half unread hangup; do
	idle 20 $how
	check "20 clients ($how) are in nobody's way" answers '{"command": "peers"}' ""
	kill $idle_pid
	wait $idle_pid 2>/dev/null
done
idle 100 half
check "more than 64 clients are not kept" wait_until 20 logged "more than 64 clients"
check_equal "and are told so" "20 vrs: too many clients" \
	eval 'for _ in {1..20}; do vrs show peers 2>&1; done | sort | uniq -c | xargs'
kill $idle_pid
wait $idle_pid 2>/dev/null
check "and others are served again" wait_until 5 answers '{"command": "peers"}' ""

# A reload ends when all processes have answered. Who asks for one need not wait.
reload() {
	/usr/bin/python3 - "$run/rs/vrsd.sock" "$1" "${2:-1}" <<-'EOT'
	import socket, sys
	for i in range(int(sys.argv[3])):
	    s = socket.socket(socket.AF_UNIX)
	    s.connect(sys.argv[1])
	    s.sendall(b'{"command": "reload"}\n')
	    if sys.argv[2] == "wait":
	        s.shutdown(socket.SHUT_WR)
	        print(s.recv(65536).decode(), end="", flush=True)
	    s.close()
	EOT
}
bfd=$(vrsd_process bfd)
must kill -STOP "$bfd"
reload wait >"$run/reload.out" &
reload_pid=$!
for _ in {1..10}; do reload hangup 10; done
check "100 clients that hung up are in nobody's way" answers '{"command": "x"}' "unknown command"
for _ in {1..95}; do reload hangup 10; done
check "only so many reloads are waited for" answers '{"command": "reload"}' "too many reloads"
must kill -CONT "$bfd"
check "a client that only has no more to say is answered" \
	wait_until 10 grep -q '"ok"' "$run/reload.out"
wait $reload_pid
check "and another reload, too" wait_until 10 answers '{"command": "reload"}' ""

# Many rows, while the table changes.
cat >>"$run/bird.conf" <<-EOT
protocol static many { ipv4;
$(for i in {0..19}; do for j in {0..249}; do echo "route 10.$((100 + i)).$j.0/24 blackhole;"; done; done)
}
EOT
must bird configure >/dev/null
count() { [ "$(ask '{"command": "learned", "neighbor": "firewall"}' | grep -c '"network"')" -eq "$1" ]; }
check "10,002 rows are counted" wait_until 20 count 10002
idle 20 unread
check "20 slow readers of 10,000 rows are in nobody's way" count 10002
kill $idle_pid
wait $idle_pid 2>/dev/null
views=()
for i in 0 1 2 3 4; do
	ask '{"command": "learned"}' >"$run/view.$i" &
	views+=($!)
done
sed -i '/^protocol static many/,/^}/d' "$run/bird.conf"
must bird configure >/dev/null
whole=0
for i in 0 1 2 3 4; do
	wait "${views[i]}" && tail -n 1 "$run/view.$i" | jq -e '.status == "ok"' >/dev/null &&
		((++whole))
done
check_equal "five views end well that rows went from meanwhile" 5 echo $whole
check "then these are not counted" wait_until 20 count 2
check "all is still well" sessions 4
ktap_finish
