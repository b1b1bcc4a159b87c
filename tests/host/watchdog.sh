#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The service manager hears that vrsd is alive as long as all of its processes
# are. One that hangs ends it, with a line in the log that says which.

. "${0%/*}/host.bash"

add_topology
write_config
start_bird

# watched USEC: vrsd, and a manager that wants to hear of it so often.
watched() {
	: >"$run/vrsd.log"
	NOTIFY_SOCKET=$run/manager WATCHDOG_USEC=$1 start_vrsd
}
signs() { grep -c '^WATCHDOG=1$' "$run/notified"; }
more_signs() { [ "$(signs)" -ge "$1" ]; }
ended() { ! kill -0 $vrsd_pid 2>/dev/null; }

listen_at "$run/manager"
watched 8000000
check "the manager hears of it" wait_until 20 more_signs 3
check "sessions come up" wait_until 30 sessions 4
check "it goes on hearing" wait_until 30 more_signs $(($(signs) + 4))
check "the same process is there, with its sessions" sessions 4
stop_vrsd
check_equal "until it stops" 0 echo $?

for process in speaker control bfd; do
	watched 8000000
	must wait_until 20 more_signs $(($(signs) + 2))
	must kill -STOP "$(vrsd_process $process)"
	last=$(signs)
	check "$process hangs, which the log says" wait_until 20 \
		logged "process $process has not answered for 4.0 seconds: killed"
	check "it is killed" wait_until 10 logged "process $process was ended by signal 9"
	check "vrsd ends for it" wait_until 10 ended
	wait $vrsd_pid 2>/dev/null
	check_equal "with status 1" 1 echo $?
	check "and it was not said to be alive for long" [ "$(signs)" -le $((last + 2)) ]
done

before=$(signs)
WATCHDOG_PID=1 watched 8000000
check "who means another process is not told" wait_until 20 sessions 4
stop_vrsd
watched soon
check "nonsense is named" wait_until 5 logged 'WATCHDOG_USEC "soon" is not a positive number'
check "and the sessions come up" wait_until 30 sessions 4
stop_vrsd
check_equal "unwatched" "$before" signs
ktap_finish
