# SPDX-License-Identifier: GPL-2.0-or-later
#
# From the lines of the lookup benchmark ("bench: FAMILY GROUP ENTRY WHAT VALUE",
# one for each round) to one JSON line a figure: medians of rounds, and of ratios
# the geometric mean over the traces. What was not measured is not ok.

function median(key,    n, i, j, v, list) {
	n = split(values[key], list, " ")
	for (i = 2; i <= n; i++) {
		v = list[i] + 0
		for (j = i - 1; j > 0 && list[j] + 0 > v; j--)
			list[j + 1] = list[j]
		list[j + 1] = v
	}
	if (n)
		return (list[int((n + 1) / 2)] + list[int(n / 2) + 1]) / 2
	print "not measured: " key > "/dev/stderr"
	missing = 1
	return 1
}

function figure(name, ours, peer, theirs, ratio, target, ok) {
	ok = ok && !missing
	missing = 0
	printf "{\"name\": \"%s\", \"ours\": %.6g, \"peer\": \"%s\", \"theirs\": %.6g, " \
	       "\"ratio\": %.4g, \"target\": %.6g, \"ok\": %s}\n",
	       name, ours, peer, theirs, ratio, target, ok ? "true" : "false"
	if (!ok)
		failed = 1
}

# How much faster than the peer, over the three traces
function speed(family, what, entry, peer, target,    t, i, ours, theirs, ratio) {
	split("random zipf matching", t, " ")
	for (i = 1; i <= 3; i++) {
		ours += log(median(family " " t[i] " lpm " what))
		theirs += log(median(family " " t[i] " " entry " " what))
	}
	ratio = exp((theirs - ours) / 3)
	figure("ipv" family "_" what "_vs_" entry, exp(ours / 3), peer, exp(theirs / 3),
	       ratio, target, ratio >= target)
}

function at_least(name, key, peer, peer_key, target,    ours, theirs) {
	ours = median(key)
	theirs = median(peer_key)
	figure(name, ours, peer, theirs, ours / theirs, target, ours >= target)
}

# Inserts with 65,536 next hops beside those with 256
function many_nexthops(family,    ours, theirs) {
	ours = median(family " insert lpm-many rate")
	theirs = median(family " insert lpm rate")
	figure("ipv" family "_inserts_many_nexthops", ours, "256 next hops", theirs,
	       ours / theirs, 0.9, ours / theirs >= 0.9)
}

function at_most(name, ours, target) {
	figure(name, ours, "target", target, ours / target, target,
	       ours >= 0 && ours <= target)
}

# How much longer ours takes than the peer
function no_longer(name, key, peer, peer_key, target,    ours, theirs) {
	ours = median(key)
	theirs = median(peer_key)
	figure(name, ours, peer, theirs, ours / theirs, target,
	       ours > 0 && theirs > 0 && ours / theirs <= target)
}

function effective(subnets, target,    key, ours, theirs) {
	key = "effective " subnets " "
	no_longer("effective_lat_" subnets "_vs_base", key "effective lat",
		  "BGP table alone", key "base lat", target)
	ours = median(key "effective lat")
	theirs = median(key "rules lat")
	figure("effective_lat_" subnets "_vs_rules", ours, "ip rule and tables",
	       theirs, theirs / ours, 15, ours > 0 && theirs / ours >= 15)
}

# What following a table adds to the kernel's own work
function mirror(family,    plain, both) {
	plain = median(family " mirror plain ns")
	both = median(family " mirror mirrored ns")
	figure("ipv" family "_mirror_ns", both - plain, "the kernel's insertion", plain,
	       (both - plain) / plain, 1, plain > 0 && both < 2 * plain)
}

# At less than the rate it says nothing.
function readers(family,    alone, beside, rate) {
	alone = median(family " readers alone thr")
	beside = median(family " readers beside thr")
	rate = median(family " readers updates rate")
	figure("ipv" family "_readers_beside_100k_updates_ns", beside, "alone", alone,
	       beside / alone, 1.05,
	       alone > 0 && beside / alone <= 1.05 && rate >= 95000)
}

# Over the three traces
function ours_mean(family, what,    t, i, sum) {
	split("random zipf matching", t, " ")
	for (i = 1; i <= 3; i++)
		sum += log(median(family " " t[i] " lpm " what))
	return exp(sum / 3)
}

# Beside what memory takes for the two loads that need one another in any lookup
function loads(target,    ours, theirs) {
	ours = ours_mean(4, "lat")
	theirs = median("4 load 512k lat") + median("4 load table lat")
	figure("ipv4_lat_vs_loads", ours, "a load from 512 KiB and one of the table", theirs,
	       ours / theirs, target, theirs > 0 && ours / theirs <= target)
}

$1 == "bench:" && $3 == "end" { ended[$2] = $4 }
$1 == "bench:" && NF == 6 { values[$2 " " $3 " " $4 " " $5] = values[$2 " " $3 " " $4 " " $5] " " $6 }
$1 == "bench:" && /sum of answers/ { print > "/dev/stderr" }

END {
	if (ended[4] != "0" || ended[6] != "0") {
		print "the benchmark did not get to its end" > "/dev/stderr"
		exit 1
	}
	speed(4, "thr", "fib", "fib_table_lookup", 50)
	speed(4, "lat", "fib", "fib_table_lookup", 12)
	loads(1.2)
	speed(6, "thr", "fib", "fib6_table_lookup", 30)
	speed(6, "lat", "fib", "fib6_table_lookup", 10)
	speed(4, "thr", "bpf", "BPF LPM trie", 1)
	speed(6, "thr", "bpf", "BPF LPM trie", 1)
	at_most("ipv4_batch_ns", ours_mean(4, "batch"), 8)
	at_most("ipv6_batch_ns", ours_mean(6, "batch"), 20)
	at_most("ipv4_bytes_per_prefix", median("4 memory lpm full") / 1000000, 6.5)
	at_most("ipv6_bytes_per_prefix", median("6 memory lpm full") / 200000, 32)
	at_most("bytes_of_100_routes", median("4 memory lpm small"), 2048)
	at_most("ipv6_bytes_of_100_routes", median("6 memory lpm small"), 2048)
	at_least("ipv4_inserts_per_second", "4 insert lpm rate", "rtnetlink", "4 insert fib rate", 1000000)
	at_least("ipv6_inserts_per_second", "6 insert lpm rate", "rtnetlink", "6 insert fib rate", 600000)
	many_nexthops(4)
	many_nexthops(6)
	at_most("ipv4_insert_p99.9_ns", median("4 insert lpm p99.9"), 10000)
	at_most("ipv6_insert_p99.9_ns", median("6 insert lpm p99.9"), 10000)
	at_most("ipv4_insert_worst_ns", median("4 insert lpm worst"), 100000)
	at_most("ipv6_insert_worst_ns", median("6 insert lpm worst"), 100000)
	effective(16, 1.25)
	effective(256, 2)
	mirror(4)
	mirror(6)
	no_longer("group_replace_us_1m", "group replace 1000000 us", "of 1,000 routes",
		  "group replace 1000 us", 1.25)
	readers(4)
	readers(6)
	at_most("ipv4_control_bytes_per_prefix", median("4 control bytes each") / 100, 48)
	at_most("ipv6_control_bytes_per_prefix", median("6 control bytes each") / 100, 80)
	at_most("bytes_a_vnet_of_100", median("4 memory lpm many") / 10000, 2048)
	at_most("ipv6_bytes_a_vnet_of_100", median("6 memory lpm many") / 10000, 2048)
	exit failed
}
