# SPDX-License-Identifier: GPL-2.0-or-later
#
# From single measurements to verdicts: the median over the rounds, beside the
# best peer's. A target is a limit of the ratio, or of our figure alone. "failed"
# names those that did not do in a scenario what they must: they are no peers then.

include "median";

# Four digits.
def sig: if . == 0 then 0 else . as $v |
	(3 - ([$v, -$v] | max | log10 | floor)) as $n |
	if $n < 0 then $v | round else ($v * pow(10; $n) | round) / pow(10; $n) end end;

def targets: [
	{ scenario: "S1", figure: "load", ratio: (1/6) },
	{ scenario: "S1", figure: "bytes_per_path", ratio: 1 },
	{ scenario: "S2", figure: "load", ratio: (1/5) },
	{ scenario: "S2", figure: "load_cpu", ratio: (1/5) },
	{ scenario: "S2", figure: "bytes_per_path", ratio: 1, limit: 90 },
	{ scenario: "S2", figure: "join", name: "S7", ratio: (1/4) },
	{ scenario: "S2", figure: "probe_p50", name: "S6.p50", ratio: 1 },
	{ scenario: "S2", figure: "probe_p99", name: "S6.p99", ratio: 1 },
	{ scenario: "S2", figure: "loss", name: "S5.withdrawn", ratio: (1/4) },
	{ scenario: "S2", figure: "withdraw", ratio: (1/3) },
	{ scenario: "S2", figure: "memory_kept", limit: 0.1 },
	{ scenario: "S3", figure: "load", ratio: (1/5) },
	{ scenario: "S3", figure: "bytes_per_path", ratio: 1, limit: 70 },
	{ scenario: "S3", figure: "loss", name: "S5.replaced", ratio: (1/2) },
	{ scenario: "S4", figure: "load", ratio: (1/4) },
	{ scenario: "S4", figure: "load_cpu", ratio: (1/4) },
	{ scenario: "S4", figure: "bytes_per_path", ratio: 1 },
	{ scenario: "trust", figure: "flood_p50", limit: 10 },
	{ scenario: "trust", figure: "flood_p99", limit: 20 },
	{ scenario: "trust", figure: "flood_silence", limit: 3.5 },
	{ scenario: "trust", figure: "flood_bfd", limit: 100 },
	{ scenario: "trust", figure: "stall_p50", limit: 1 },
	{ scenario: "trust", figure: "stall_p99", limit: 20 },
	{ scenario: "trust", figure: "stall_silence", limit: 3.5 },
	{ scenario: "trust", figure: "stall_bfd", limit: 100 },
	{ scenario: "trust", figure: "flap_p50", ratio: 1 },
	{ scenario: "trust", figure: "flap_p99", ratio: 1 },
	{ scenario: "trust", figure: "flap_silence", limit: 3.5 },
	{ scenario: "trust", figure: "flap_bfd", limit: 100 }
];

(map({ scenario, daemon }) | unique) as $ran |
(group_by([.scenario, .daemon, .figure]) |
	map(.[0] + { value: (map(.value) | median) })) as $medians |
(map(select(.figure == "failed")) | map([.scenario, .daemon]) | unique) as $failed |
targets[] | . as $t |
select(any($ran[]; .scenario == $t.scenario and .daemon == "vrsd")) |
[$medians[] | select(.scenario == $t.scenario and .figure == $t.figure)] as $m |
([$m[] | select(.daemon == "vrsd")][0].value) as $ours |
([$m[] | select(.daemon != "vrsd") | select([.scenario, .daemon] as $x | any($failed[]; . == $x) | not)] |
	min_by(.value)) as $best |
(if $ours != null and $best != null and $best.value > 0 then $ours / $best.value else null end) as $ratio |
{
	name: ($t.name // ($t.scenario + "." + $t.figure)),
	ours: ($ours | if . then sig else . end),
	peer: $best.daemon,
	theirs: ($best.value | if . then sig else . end),
	ratio: ($ratio | if . then sig else . end),
	target: ([if $t.ratio then "ratio \($t.ratio | sig)" else empty end,
		  if $t.limit then "\($t.limit)" else empty end] | join(", ")),
	failed: [$failed[] | select(.[0] == $t.scenario) | .[1]],
	ok: ($ours != null and
	     ([$t.scenario, "vrsd"] as $x | any($failed[]; . == $x) | not) and
	     (if $t.ratio and $ratio != null then $ratio <= $t.ratio else $t.ratio == null end) and
	     (if $t.limit then $ours <= $t.limit else true end))
}
