# SPDX-License-Identifier: GPL-2.0-or-later
#
# Milliseconds lost, or packets for what comes back, with each of $counts prefixes. The
# worst time must be under its limit with each number, and never may a packet be lost by
# what comes back; "alike" is the largest number's median time beside the smallest
# number's, times below the measurement's own grain counted as that: what the data plane
# does is seen by the packet, what processes do on the one processor of user-mode Linux
# by the tick of its clock. What was not measured is not ok.

include "median";

def targets: { carrier: 1, removed: 1, close: 50, notify: 50, silent: 200 };
def grain: { carrier: 0.5, removed: 0.5, close: 10, notify: 10, silent: 10 };
def back: "carrier_back", "close_back", "notify_back", "silent_back";

. as $all |
($counts | split(" ") | map(tonumber) | sort) as $counts |
def values($mode; $count; $figure):
	[$all[] | select(.mode == $mode and .count == $count and .figure == $figure) |
	 .value];
def worst($mode; $count; $figure): values($mode; $count; $figure) | max;
def line($name; $ours; $target; $ok):
	{ name: $name, ours: $ours, peer: null, theirs: null, ratio: null, target: $target,
	  ok: ($ours != null and $ok) };

(["ecmp", "backup"][] | . as $mode |
	(targets | to_entries[]) as $t |
	($counts[] | worst($mode; .; $t.key) as $v |
	 line("\($mode).\($t.key).\(.)"; $v; "\($t.value) ms"; $v <= $t.value)),
	((values($mode; $counts[0]; $t.key) | median) as $small |
	 (values($mode; $counts[-1]; $t.key) | median) as $large |
	 select(($counts | length) > 1 and $small != null and $large != null) |
	 ([$large, grain[$t.key]] | max) / ([$small, grain[$t.key]] | max) |
	 { name: "\($mode).\($t.key).alike", ours: $large, peer: "ours, fewest prefixes",
	   theirs: $small, ratio: (. * 100 | round / 100), target: "ratio 2", ok: (. <= 2) })),
(["ecmp", "backup"][] | . as $mode | $counts[] | . as $count | back |
	worst($mode; $count; .) as $v |
	line("\($mode).\(.).\($count)"; $v; "0 packets"; $v == 0)),
(["ecmp", "backup"][] | . as $mode | $counts[] | . as $count |
	("agent_bytes", "module_bytes") |
	line("\($mode).\(.).\($count)"; worst($mode; $count; .); null; true))
