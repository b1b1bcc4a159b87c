# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154 # who sources it has set dir
#
# For tests of agent/fib/ by itself, after lib.sh: a fibctl takes its lines from
# descriptor 7, what it tells is in $dir/out, what it logs in $dir/err.

trap 'ktap_comment <"$dir/err"; bail_out "fibctl has ended"' PIPE

tell() {
	printf '%s\n' "$@" >&7
}

# told TEXT: fib has told exactly this, some time
told() {
	wait_until 30 grep -qxF "$1" "$dir/out"
}

# settled: everything that was told before is in the kernel
settled() {
	local mark=$RANDOM$RANDOM
	tell idle "echo mark $mark"
	told "mark $mark"
}
