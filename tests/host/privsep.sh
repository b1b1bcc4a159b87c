#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Each process of vrsd has what its task needs and nothing else: seen in the
# running processes, and by trying from within the same sandbox.

. "${0%/*}/host.bash"

add_topology
write_config
start_vrsd
start_bird
check "sessions come up in the sandbox" wait_until 20 sessions 4

status() { sed -n "s/^$2:[[:space:]]*//p" "/proc/$1/status"; }
# An opened file that is no socket, pipe, event queue, log or own statistics.
strange_files() {
	find "/proc/$1/fd" -type l -printf '%l\n' |
		sed -E "\#^(socket:|pipe:|anon_inode:\[eventpoll\]|/dev/null$|$run/vrsd.log|/proc/$1/statm)#d"
}

nobody=$(id -u nobody)
for process in session rib control bfd; do
	pid=$(vrsd_process $process)
	check_equal "$process runs as an unprivileged user" \
		"$nobody"$'\t'"$nobody"$'\t'"$nobody"$'\t'"$nobody" status "$pid" Uid
	for set in CapPrm CapEff CapBnd CapInh CapAmb; do
		check_equal "$process has no capability in $set" 0000000000000000 \
			status "$pid" $set
	done
	check_equal "$process has no supplementary group" "" status "$pid" Groups
	check_equal "$process cannot gain privileges" 1 status "$pid" NoNewPrivs
	check_equal "$process has a system call filter" 2 status "$pid" Seccomp
	check_equal "$process is in an empty directory" "$run/rs/empty" \
		readlink "/proc/$pid/root"
	check_equal "$process has no file open" "" strange_files "$pid"
done
check_equal "the directory is empty" "" ls -A "$run/rs/empty"

# CAP_KILL (5) and CAP_NET_BIND_SERVICE (10).
check_equal "the parent has two capabilities" 0000000000000420 status $vrsd_pid CapEff
check_equal "and cannot get more" 0000000000000420 status $vrsd_pid CapPrm

for process in session rib kernel control bfd; do
	out=$("$vrsd" --try-sandbox $process -r "$run/rs" -u nobody)
	check_equal "--try-sandbox $process succeeds" 0 echo $?
	while read -r line; do
		case $line in
		"not ok "*) ktap_result 1 "${line#not ok * }" ;;
		"ok "*) ktap_result 0 "${line#ok * }" ;;
		esac
	done <<<"$out"
done

check_error "an unprivileged user cannot start it" "root" \
	setpriv --reuid nobody --clear-groups "$vrsd" -c "$run/vrsd.yaml"
check_error "root is refused as unprivileged user" 'user "root" is root' \
	"$vrsd" -c "$run/vrsd.yaml" -u root
check_error "an unknown user is refused" 'no user "nosuch"' \
	"$vrsd" -c "$run/vrsd.yaml" -u nosuch

# One that dies takes the others along, for the service manager to see.
for process in session rib control bfd; do
	[ $process = session ] || start_vrsd
	pids=$(pgrep -P $vrsd_pid)
	kill -SEGV "$(vrsd_process $process)"
	wait $vrsd_pid 2>/dev/null
	check_equal "vrsd ends when $process is killed" 1 echo $?
	check "the log names $process and the signal" \
		logged "process $process was ended by signal 11"
	gone() { ! kill -0 $pids 2>/dev/null; }
	check "no process is left" wait_until 5 gone
done
ktap_finish
