# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154 # who sources it has set these
#
# How each daemon is configured and started as a route server: it accepts all,
# sends everybody the best path of each prefix, waits to be connected to, and
# installs nothing. Each start_NAME runs in the foreground of its namespace;
# $dir is its directory, $neighbors "ADDRESS ASN" lines, and with $bfd each of
# these has BFD: 50 ms, three times.

# in_rs [-r TREE] COMMAND...: becomes the daemon.
in_rs() {
	if [ "$1" = -r ]; then
		exec ip netns exec "$rs" chroot "$2" "${@:3}"
	fi
	exec ip netns exec "$rs" "$@"
}

# The directory as the daemon sees it, in TREE.
make_dir() {
	dir=/tmp/bgp-bench.$$
	# vrsd that finds what a run before has left waits for its neighbors.
	rm -rf "$1${dir:?}"
	mkdir -p "$1$dir"
	chmod 777 "$1$dir"
}

#
# Ours
#

start_vrsd() {
	make_dir ""
	{
		cat <<-EOT
		vnets:
		  - name: bench
		    vni: 5001
		    table: 100
		    bgp-table: 101
		    address-spaces: [10.77.0.0/16]
		    route-server:
		      asn: 65000
		      addresses: [10.77.0.1]
		      neighbors:
		EOT
		awk -v bfd="${bfd:+, bfd: { interval: 50 \}}" '
			{ printf "        - { name: n%d, address: %s, asn: %s%s }\n", NR, $1, $2, bfd }' \
			<<<"$neighbors"
	} >"$dir/vrsd.yaml"
	in_rs "$build/vrsd" -N -c "$dir/vrsd.yaml" -r "$dir/run" -u nobody
}

#
# BIRD
#

bird_configuration() {
	cat <<-EOT
	router id 10.77.0.1;
	log "$dir/log" { warning, error, fatal, bug };
	${1:-}
	protocol device {}
	${bfd:+protocol bfd { interface \"*\" { interval 50 ms; multiplier 3; \}; \}}
	template bgp speaker {
	  ${bfd:+bfd on;}
	  local 10.77.0.1 as 65000;
	  passive on;
	  rs client;
	  hold time 240;
	  ipv4 { import all; export all; };
	}
	EOT
	awk '{ printf "protocol bgp n%d from speaker { neighbor %s as %s; }\n", NR, $1, $2 }' \
		<<<"$neighbors"
}

# start_bird_in TREE [LINE]
start_bird_in() {
	make_dir "$1"
	bird_configuration "${2:-}" >"$1$dir/conf"
	in_rs ${1:+-r "$1"} /usr/sbin/bird -f -c "$dir/conf" -s "$dir/ctl" -P "$dir/pid"
}

start_bird2-debian12() { start_bird_in ""; }
start_bird2() { start_bird_in "$peers/main"; }
# With one thread, as shipped, and with one for each processor.
start_bird3() { start_bird_in "$peers/bird3"; }
start_bird3-threads() { start_bird_in "$peers/bird3" "threads $(nproc);"; }

#
# FRR: its queue of received messages holds a whole feed (as shipped, 10.3 stops
# reading a fast peer until that peer's next KEEPALIVE), and it does not hold
# back the first advertisements (as shipped, for a second and more).
#

# start_frr_in TREE [LINE]
start_frr_in() {
	make_dir "$1"
	{
		cat <<-EOT
		log file $dir/log warnings
		${2:-!}
		router bgp 65000
		 bgp router-id 10.77.0.1
		 no bgp ebgp-requires-policy
		 no bgp network import-check
		 no bgp default ipv4-unicast
		 no bgp enforce-first-as
		 coalesce-time 1
		 neighbor RS peer-group
		 neighbor RS passive
		 neighbor RS disable-connected-check
		 neighbor RS timers 80 240
		EOT
		awk '{ printf " neighbor %s remote-as %s\n neighbor %s peer-group RS\n", $1, $2, $1 }' \
			<<<"$neighbors"
		cat <<-EOT
		 address-family ipv4 unicast
		  neighbor RS activate
		  neighbor RS route-server-client
		 exit-address-family
		EOT
	} >"$1$dir/conf"
	in_rs ${1:+-r "$1"} /usr/lib/frr/bgpd -Z -n -S -f "$dir/conf" -i "$dir/pid" \
		-l 10.77.0.1 -P 0 --vty_socket "$dir" --log "file:$dir/start.log"
}

start_frr-debian12() { start_frr_in ""; }
start_frr() { start_frr_in "$peers/main" "bgp input-queue-limit 4000000"; }

#
# OpenBGPD and GoBGP
#

start_openbgpd() {
	make_dir "$peers/main"
	{
		cat <<-EOT
		AS 65000
		router-id 10.77.0.1
		listen on 10.77.0.1
		fib-update no
		transparent-as yes
		holdtime 240
		socket "$dir/sock"
		group "rs" {
		  passive
		  local-address 10.77.0.1
		  announce IPv4 unicast
		  enforce neighbor-as no
		EOT
		awk '{ printf "  neighbor %s {\n    remote-as %s\n  }\n", $1, $2 }' <<<"$neighbors"
		cat <<-EOT
		}
		allow from any
		allow to any set nexthop no-modify
		EOT
	} >"$peers/main$dir/conf"
	chmod 600 "$peers/main$dir/conf"
	in_rs -r "$peers/main" /usr/sbin/bgpd -d -f "$dir/conf"
}

start_gobgp() {
	make_dir "$peers/main"
	{
		cat <<-EOT
		[global.config]
		as = 65000
		router-id = "10.77.0.1"
		port = 179
		local-address-list = ["10.77.0.1"]
		EOT
		awk '{ printf "[[neighbors]]\n[neighbors.config]\nneighbor-address = \"%s\"\npeer-as = %s\n" \
			"[neighbors.transport.config]\npassive-mode = true\n" \
			"[neighbors.timers.config]\nhold-time = 240\nkeepalive-interval = 80\n" \
			"[neighbors.route-server.config]\nroute-server-client = true\n" \
			"[[neighbors.afi-safis]]\n[neighbors.afi-safis.config]\nafi-safi-name = \"ipv4-unicast\"\n", $1, $2 }' \
			<<<"$neighbors"
	} >"$peers/main$dir/conf"
	in_rs -r "$peers/main" /usr/bin/gobgpd -f "$dir/conf" -t toml -l warn --pprof-disable \
		--api-hosts 127.0.0.1:50051
}
