#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Where vrsd's log lines go must not matter to its peers: to somebody who has
# stopped reading, or nowhere.

. "${0%/*}/host.bash"

add_topology
write_config
sed -i '/name: firewall,/s/ }/, bfd: { interval: 300 } }/' "$run/vrsd.yaml"
start_bird

# start_logging_to REDIRECTION...: without waiting for a line of the log.
start_logging_to() {
	ip netns exec "$(ns rs)" bash -c "exec \"\$@\" $*" - "$vrsd" -N -d -c "$run/vrsd.yaml" \
		-r "$run/rs" -u nobody &
	vrsd_pid=$!
	defer end_process $vrsd_pid
}

# descriptors PROCESS-NUMBER...: what its standard ones are.
descriptors() {
	local pid

	for pid; do
		readlink "/proc/$pid/fd/"{0,1,2}
	done | sort -u
}

mkfifo "$run/log"
exec 9<>"$run/log"
yes '' | dd of="$run/log" bs=4096 iflag=fullblock oflag=nonblock status=none 2>/dev/null
start_logging_to "2>&9"
check "sessions come up when nobody reads the log" wait_until 20 sessions 4
check "the configuration is read again" vrs reload
check "a process that dies is seen" kill -SEGV "$(vrsd_process bfd)"
ends() { ! kill -0 $vrsd_pid 2>/dev/null; }
check "vrsd ends for it" wait_until 10 ends
wait $vrsd_pid

# The reader is back when the first lines have been lost.
start_logging_to "2>&9"
must wait_until 20 sessions 4
cat <&9 >"$run/vrsd.log" &
defer end_process $!
must wait_until 10 test -s "$run/vrsd.log"
must vrs reload
check "the lines that were lost are counted" \
	wait_until 5 logged "^parent: warning: lines of the log lost before this one: [1-9]"
check "those after them are there" wait_until 5 logged "^parent: .*$run/vrsd.yaml"
stop_vrsd

start_logging_to "<&- >&- 2>&-"
check "sessions come up without standard descriptors" wait_until 20 sessions 4
check_equal "no process has another file in their place" /dev/null \
	descriptors $vrsd_pid $(pgrep -P $vrsd_pid)
out=$("$VNET_BUILD/vrs" -s "$run/rs/vrsd.sock" show status 2>&1 >&-)
check_equal "vrs says that there is no standard output" "1 vrs: standard output: Bad file descriptor" \
	echo $? "$out"
stop_vrsd
ktap_finish
