# SPDX-License-Identifier: GPL-2.0-or-later
#
# Milliseconds lost, or packets for what comes back. A time must be under its
# limit with each number of prefixes; "alike" is the largest number's beside the
# smallest number's, times below the measurement's own grain counted as that: what
# the data plane does is seen by the packet, what processes do on the one processor
# of user-mode Linux by the tick of its clock.

def targets: { carrier: 1, removed: 1, close: 50, notify: 50, silent: 200 };
def grain: { carrier: 0.5, removed: 0.5, close: 10, notify: 10, silent: 10 };

. as $all |
([.[].count] | min) as $least | ([.[].count] | max) as $most |
(["ecmp", "backup"][] | . as $mode |
	(targets | to_entries[]) as $t |
	([$all[] | select(.mode == $mode and .figure == $t.key)] | sort_by(.count)) as $m |
	($m[] | { name: "\($mode).\(.figure).\(.count)", ours: .value, peer: null, theirs: null,
		  ratio: null, target: "\($t.value) ms", ok: (.value <= $t.value) }),
	(if $most > $least then
		([$m[0].value, $m[-1].value] | map([., grain[$t.key]] | max)) as [$small, $large] |
		{ name: "\($mode).\($t.key).alike", ours: $m[-1].value, peer: "ours, fewest prefixes",
		  theirs: $m[0].value, ratio: ($large / $small * 100 | round / 100),
		  target: "ratio 2", ok: ($large / $small <= 2) }
	 else empty end)),
($all[] | select(.figure | endswith("_bytes")) |
	{ name: "\(.mode).\(.figure).\(.count)", ours: .value, peer: null, theirs: null, ratio: null,
	  target: null, ok: true }),
($all[] | select(.figure | endswith("_back")) |
	{ name: "\(.mode).\(.figure).\(.count)", ours: .value, peer: null, theirs: null, ratio: null,
	  target: "0 packets", ok: (.value == 0) })
