# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# For guest tests of what the module is told, and in which order, after lib.sh.

tracing=/sys/kernel/tracing

# start_calls FUNCTION...: of the module, whose calls are noted.
start_calls() {
	local function

	for function; do
		echo "p:calls/$function $function" || bail_out "no probe at $function"
	done >$tracing/kprobe_events
	must sh -c "echo >$tracing/trace; echo 1 >$tracing/events/calls/enable"
}

# stop_calls: the functions that were called, in this order
stop_calls() {
	must sh -c "echo 0 >$tracing/events/calls/enable"
	sed -nE 's/^[^#].*: (\w+): \(.*/\1/p' $tracing/trace | xargs
	echo >$tracing/kprobe_events
}
