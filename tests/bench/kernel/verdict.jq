# SPDX-License-Identifier: GPL-2.0-or-later
#
# From single measurements to verdicts: medians over the rounds; rates are
# better when they are higher.

include "median";

. as $all |
def value($who; $figure):
	[$all[] | select(.who == $who and .figure == $figure) | .value] | median;
def digits: if . then . * 1000 | round / 1000 else . end;
def ratio($name; $figure; $ours; $peer; $least):
	value($ours; $figure) as $o | value($peer; $figure) as $t |
	{ name: $name, ours: $o, peer: $peer, theirs: $t,
	  ratio: (if $o and $t then $o / $t | digits else null end),
	  target: "ratio \($least) or more",
	  ok: (if $o and $t then $o / $t >= $least else false end) };
def ahead($name; $figure; $ours; $peer):
	ratio($name; $figure; $ours; $peer; 1) |
	.target = "ratio over 1" | .ok = (.ours and .theirs and .ours > .theirs);
def limit($name; $figure; $most):
	value("vrsd-busy"; $figure) as $o |
	{ name: $name, ours: $o, peer: null, theirs: null, ratio: null, target: "\($most)",
	  ok: ($o != null and $o <= $most) };
def told($name; $figure):
	value("vrsd"; $figure) as $o |
	{ name: $name, ours: $o, peer: null, theirs: null, ratio: null, target: null,
	  ok: ($o != null) };

ratio("install.rate"; "rate"; "vrsd"; "netlink"; 0.8),
ahead("install.rate.bird"; "rate"; "vrsd"; "bird"),
ahead("install.rate.frr"; "rate"; "vrsd"; "frr"),
limit("install.probe_p99"; "probe_p99"; 100),
limit("install.silence"; "silence"; 3.5),
told("memory.agent_bytes_per_path"; "agent_bytes"),
told("memory.module_bytes_per_route"; "module_bytes")
