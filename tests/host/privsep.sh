#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Each process of vrsd has what its task needs and nothing else: seen in the
# running processes, and by trying from within the same sandbox.

. "${0%/*}/host.bash"

add_topology
write_config
sed -i '/name: firewall,/s/ }/, bfd: { interval: 300 } }/' "$run/vrsd.yaml"
start_vrsd
start_bird
check "sessions come up in the sandbox" wait_until 20 sessions 4

status() { sed -n "s/^$2:[[:space:]]*//p" "/proc/$1/status"; }
# An opened file that is no socket, pipe, event queue, log or own statistics.
strange_files() {
	find "/proc/$1/fd" -type l -printf '%l\n' |
		sed -E "\#^(socket:|pipe:|anon_inode:\[eventpoll\]|/dev/null$|$run/vrsd.log|/proc/$1/statm)#d"
}

# kinds PROCESS-NUMBER: of the sockets it has.
kinds() {
	find "/proc/$1/fd" -type l -printf '%l\n' | sed -n 's/^socket:\[\(.*\)]$/\1/p' |
		while read -r inode; do
			kind_of "$1" "$inode"
		done | sort -u | xargs
}
kind_of() {
	local kind field
	for kind in unix.7 packet.9 {tcp,udp,raw}{,6}.10 netlink.10; do
		field=${kind#*.}
		kind=${kind%.*}
		! awk -v f="$field" -v i="$2" '$f == i { exit found = 1 } END { exit found }' \
			"/proc/$1/net/$kind" || continue
		echo "$kind"
		return
	done
	echo "another"
}

# confined PROCESS CAPABILITIES SOCKETS
confined() {
	local process=$1 pid set
	pid=$(vrsd_process "$process")
	check_equal "$process runs as an unprivileged user" \
		"$nobody"$'\t'"$nobody"$'\t'"$nobody"$'\t'"$nobody" status "$pid" Uid
	for set in CapPrm CapEff; do
		check_equal "$process has in $set what it needs" "$2" status "$pid" $set
	done
	for set in CapBnd CapInh CapAmb; do
		check_equal "$process has no capability in $set" 0000000000000000 \
			status "$pid" $set
	done
	check_equal "$process has no supplementary group" "" status "$pid" Groups
	check_equal "$process cannot gain privileges" 1 status "$pid" NoNewPrivs
	check_equal "$process has a system call filter" 2 status "$pid" Seccomp
	check_equal "$process is in an empty directory" "$run/rs/empty" \
		readlink "/proc/$pid/root"
	check_equal "$process has no file open" "" strange_files "$pid"
	check_equal "$process has no sockets but its own" "$3" kinds "$pid"
}

# start_again: and wait for what this one logs.
start_again() {
	: >"$run/vrsd.log"
	start_vrsd
}

nobody=$(id -u nobody)
confined speaker 0000000000000000 "tcp tcp6 unix"
confined control 0000000000000000 unix
confined bfd 0000000000000000 "udp unix"
check_equal "the directory is empty" "" ls -A "$run/rs/empty"

# CAP_KILL (5) and CAP_NET_BIND_SERVICE (10).
for set in CapPrm CapEff; do
	check_equal "the parent has two capabilities in $set" 0000000000000420 \
		status $vrsd_pid $set
done
for set in CapBnd CapInh CapAmb; do
	check_equal "the parent has none in $set" 0000000000000000 status $vrsd_pid $set
done
check_equal "the parent cannot gain privileges" 1 status $vrsd_pid NoNewPrivs

# The one that hears no peer is there with a kernel to program only. CAP_NET_ADMIN
# is 12.
stop_vrsd
no_kernel=
start_again
confined kernel 0000000000001000 "netlink unix"
stop_vrsd
no_kernel=-N

# What is tried in the same sandbox, and which system calls are let in: those of
# every process, and some.
every="brk clock_gettime close epoll_ctl epoll_pwait epoll_wait futex getpid
	gettimeofday madvise mmap mprotect mremap munmap poll pread64 recvmsg
	restart_syscall sendmsg write writev"
# tried PROCESS [CALL...]
tried() {
	local process=$1 out status line
	shift
	out=$(in_ns rs "$vrsd" --try-sandbox "$process" -r "$run/rs" -u nobody 2>&1)
	status=$?
	while read -r line; do
		case $line in
		"not ok "*) ktap_result 1 "${line#not ok * }" ;;
		"ok "*" # SKIP "*) line=${line#ok * }; skip "${line% # SKIP *}" "${line#* # SKIP }" ;;
		"ok "*) ktap_result 0 "${line#ok * }" ;;
		"# $process may call:"*) made=${line#*:} ;;
		esac
	done <<<"$out"
	check_equal "--try-sandbox $process succeeds" "0 $(grep -cE "^(not )?ok " <<<"$out")" \
		echo "$status" "$(sed -n 's/^1\.\.//p' <<<"$out")"
	[ "$process" = parent ] ||
		check_equal "$process makes these system calls only" \
			"$(printf '%s\n' $every "$@" | sort | xargs)" \
			eval "printf '%s\n' $made | sort | xargs"
}
tried parent
tried speaker accept4 getrandom read
tried kernel recvfrom sendto
tried control accept4 read
tried bfd getrandom

check_error "an unprivileged user cannot start it" "root" \
	setpriv --reuid nobody --clear-groups "$vrsd" -c "$run/vrsd.yaml"
check_error "root is refused as unprivileged user" 'user "root" is root' \
	"$vrsd" -c "$run/vrsd.yaml" -u root
check_error "an unknown user is refused" 'no user "nosuch"' \
	"$vrsd" -c "$run/vrsd.yaml" -u nosuch

# One that dies takes the others along, for the service manager to see.
no_kernel=
for process in speaker kernel control bfd; do
	start_again
	must wait_until 10 vrsd_process $process
	pids=$(pgrep -P $vrsd_pid)
	kill -SEGV "$(vrsd_process $process)"
	wait $vrsd_pid 2>/dev/null
	check_equal "vrsd ends when $process is killed" 1 echo $?
	check "the log names $process and the signal" \
		logged "process $process was ended by signal 11"
	gone() { ! kill -0 $pids 2>/dev/null; }
	check "no process is left" wait_until 5 gone
done

# Signals to all processes are the parent's, also while the others begin.
hung_up() {
	/usr/bin/python3 - "$run/vrsd.log" ip netns exec "$(ns rs)" "$@" 2>>"$run/vrsd.log" <<-'EOT'
	import os, signal, subprocess, sys, time
	# the parent, too, has to begin before it can take one
	signal.signal(signal.SIGHUP, signal.SIG_IGN)
	log = open(sys.argv[1])
	log.seek(0, os.SEEK_END)
	said = ""
	vrsd = subprocess.Popen(sys.argv[2:], start_new_session=True)
	begin = time.time()
	while time.time() < begin + 0.5 or "serves" not in said:
	    os.killpg(vrsd.pid, signal.SIGHUP)
	    time.sleep(0.0002)
	    said += log.read()
	    if time.time() > begin + 10:
	        break
	vrsd.terminate()
	sys.exit(vrsd.wait(20))
	EOT
}
check "SIGHUP to all ends none" hung_up "$vrsd" -N -c "$run/vrsd.yaml" -r "$run/rs" -u nobody
ktap_finish
