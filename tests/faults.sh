# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# For tests of what fails for want of memory, allocation by allocation. After
# control.sh; rows are those of the NIC n1.

knob=/sys/kernel/debug/vnet/fault/alloc_nth

# fail_nth N COMMAND...: runs it while the Nth allocation fails; $left becomes how
# many there still were to come when it was done, so 0 says that one has failed, and
# $error what it has said.
fail_nth() {
	local n=$1 status=0
	shift

	echo "$n" >$knob
	error=$("$@" 2>&1 >/dev/null) || status=$?
	left=$(<$knob)
	echo 0 >$knob
	return $status
}

# row PREFIX: what the routes of n1 say about it
row() {
	case $1 in
	*:*) rows n1 6 ;;
	*) rows n1 ;;
	esac | grep -F " $1 " || true
}

# What takes a change back that is made without memory for something it can do
# without. Where there is nothing such, all is refused.
undo=
# What must not change either as long as it fails: a command that shows it
counts=

# failed_nth N OLD NEW SHOW...: what is wrong after a change whose Nth allocation has
# failed and that ended with $status
failed_nth() {
	local n=$1 old=$2 new=$3 now
	shift 3

	now=$("$@" 2>&1)
	if [ $status -ne 0 ]; then
		[[ $error == *memory* || $error == *"could not be added"* ]] ||
			echo "$n: told $error;"
		[ "$now" = "$old" ] || echo "$n: $now;"
	elif [ -n "$undo" ]; then
		[ "$now" = "$new" ] || echo "$n: done, $now;"
		must $undo
	else
		echo "$n: not refused;"
	fi
	[ -z "$counts" ] || [ "$($counts)" = "$before" ] || echo "$n: $($counts);"
}

# refused NAME SHOW NEW COMMAND...: a change that can be refused. SHOW is a command
# that shows what it changes, NEW what that says then.
refused() {
	local name=$1 new=$3 old before='' n status wrong=
	local -a look
	read -ra look <<<"$2"
	shift 3

	old=$("${look[@]}" 2>&1)
	[ -z "$counts" ] || before=$($counts)
	for ((n = 1; n < 100; n++)); do
		status=0
		fail_nth $n "$@" || status=$?
		[ "$left" = 0 ] || break
		wrong+=$(failed_nth $n "$old" "$new" "${look[@]}")
	done
	echo "# $name: $((n - 1)) allocations"
	check_equal "$name: refused, nothing has changed" "" echo "$wrong"
	check "$name: there were allocations, and an end" test $n -gt 1 -a $n -lt 100
	check_equal "$name: then it is done" "0 $new" \
		echo "$status $("${look[@]}" 2>&1)"
}

# sweep NAME PREFIX NEW COMMAND...: of a route, NEW is its row
sweep() {
	refused "$1" "row $2" "${@:3}"
}
