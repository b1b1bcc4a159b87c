#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# vrsd is killed and started again, and started where it should not be.

. "${0%/*}/host.bash"

add_topology
write_config
# With it, see graceful.sh.
sed -i 's/^      neighbors:/      restart-time: 0\n&/' "$run/vrsd.yaml"
start_vrsd
start_frr
start_bird
check "eight sessions come up" wait_until 20 sessions 8

check_error "a second one on the same run directory is refused" \
	"another vrsd is running on $run/rs" \
	ip netns exec "$(ns rs)" "$vrsd" -N -c "$run/vrsd.yaml" -r "$run/rs" -u nobody
check "the first one does not notice" sessions 8

pids=$(pgrep -P $vrsd_pid)
all_gone() { ! kill -0 $pids 2>/dev/null; }
stop_vrsd KILL
check "its processes end with a killed parent" wait_until 5 all_gone
# The end of options is not the end of those that its processes get.
start_vrsd --
check "all sessions come back" wait_until 30 sessions 8
check "with what they announce" wait_until 10 learned sdwan 10.250.0.0/16
check "and what they are told" wait_until 10 bird_has 10.250.0.0/16 "65515 65001"

# A stopped one lets its peers go at once; the next one is let in.
stop_vrsd
check_equal "it stops with status 0" 0 echo $?
check "a stopped one leaves no route behind" \
	wait_until 5 bird_lacks 10.1.0.0/16
start_vrsd
check "all sessions come back" wait_until 30 sessions 8

# What the service manager is told (sd_notify(3)).
notified() { [ "$(xargs <"$run/notified")" = "listening $1" ]; }
stop_vrsd
for at in / @/; do
	listen_at "${at%/}$run/manager"
	NOTIFY_SOCKET=${at%/}$run/manager start_vrsd
	check "a service manager at $at... is told when vrsd is ready" \
		wait_until 10 notified READY=1
	must vrs reload
	stop_vrsd
	check "that it stops, and nothing else" wait_until 5 notified "READY=1 STOPPING=1"
done

# Wrong from the start.
echo "vnets: 3" >"$run/bad.yaml"
check_error "a wrong file is refused at start" "$run/bad.yaml:1:[0-9]+" \
	"$vrsd" -N -c "$run/bad.yaml" -r "$run/rs"
check_error "and by --check" "$run/bad.yaml:1:[0-9]+" "$vrsd" -n -c "$run/bad.yaml"
check "--check accepts a good one" "$vrsd" -n -c "$run/vrsd.yaml"
check_error "a missing file is refused" "No such file" "$vrsd" -N -c "$run/none.yaml"
check_error "unknown options are refused" "vrsd --help" "$vrsd" --nonsense
check_error "and arguments" 'unexpected "x"' "$vrsd" x
must mkdir "$run/loose"
for mode in 775 757; do
	must chmod $mode "$run/loose"
	check_error "a run directory that others can write is refused ($mode)" \
		"not a directory that only root can write" \
		"$vrsd" -N -c "$run/vrsd.yaml" -r "$run/loose"
done
ktap_finish
