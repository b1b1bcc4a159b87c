# SPDX-License-Identifier: GPL-2.0-or-later
#
# Reads "bench: SIZE:PATH TENTHS-OF-NS CYCLES" lines; prints one JSON line a
# figure. Noise only adds time, so of the rounds, which are short and by turns, the
# first quartile counts. Status 1 if a target is missed. With witness=1 there are no
# targets; prefix= is what the names begin with.

function quartile(key,	n, i, j, t, v) {
	n = num[key]
	if (!n)
		return 0
	for (i = 1; i <= n; i++)
		v[i] = value[key, i]
	for (i = 2; i <= n; i++)
		for (j = i; j > 1 && v[j - 1] > v[j]; j--) {
			t = v[j]
			v[j] = v[j - 1]
			v[j - 1] = t
		}
	return v[int((n + 3) / 4)]
}

function packets(size, path,	tenths) {
	tenths = quartile("ns " size " " path)
	return tenths ? 1e10 / tenths : 0
}

# What is missing is not ok, whatever the target.
function line(name, ours, peer, theirs, target, ok) {
	if (witness) {
		target = 0
		ok = 1
	}
	if (!ours || !theirs)
		ok = 0
	if (!ok)
		failed = 1
	printf "{\"name\": \"%s%s\", \"ours\": %s, \"peer\": \"%s\", \"theirs\": %s, \"ratio\": %s, \"target\": %s, \"ok\": %s}\n",
		prefix, name, ours ? sprintf("%.0f", ours) : "null", peer,
		theirs ? sprintf("%.0f", theirs) : "null",
		ours && theirs ? sprintf("%.2f", ours / theirs) : "null",
		target ? target : "null", ok ? "true" : "false"
}

# Packets per second of two paths; target 0: none
function compare(name, size, ours, peer, theirs, target,	a, b) {
	a = packets(size, ours)
	b = packets(size, theirs)
	line(name "_pps", a, peer, b, target, a >= target * b)
}

# What a path costs beyond generator and sink
function cycles(name, size, ours, peer, theirs,	wire) {
	wire = quartile("cycles " size " wire")
	line(name "_cycles", quartile("cycles " size " " ours) - wire, peer,
	     quartile("cycles " size " " theirs) - wire, 0, wire)
}

# All peers, with 1,000,000 routes and with one
function against(name, size) {
	compare(name "_1m_vrf", size, "vnet-full", "VRF, 1,000,000 routes", "vrf-full", 1.5)
	compare(name "_1m_bridge", size, "vnet-full", "bridge", "bridge", 0.9)
	compare(name "_1m_ovs", size, "vnet-full", "Open vSwitch, 1 flow", "ovs", 1.0)
	compare(name "_1m_1", size, "vnet-full", "1 route", "vnet", 0.9)
	compare(name "_1_vrf", size, "vnet", "VRF, 1 route", "vrf", 0)
	compare(name "_1_bridge", size, "vnet", "bridge", "bridge", 0.9)
	compare(name "_1_ovs", size, "vnet", "Open vSwitch, 1 flow", "ovs", 1.0)
	cycles(name "_1m_vrf", size, "vnet-full", "VRF, 1,000,000 routes", "vrf-full")
	cycles(name "_1m_bridge", size, "vnet-full", "bridge", "bridge")
	cycles(name "_1m_ovs", size, "vnet-full", "Open vSwitch, 1 flow", "ovs")
	cycles(name "_1_vrf", size, "vnet", "VRF, 1 route", "vrf")
	cycles(name "_1_bridge", size, "vnet", "bridge", "bridge")
	cycles(name "_1_ovs", size, "vnet", "Open vSwitch, 1 flow", "ovs")
}

$1 == "bench:" {
	sub(":", " ", $2)
	n = ++num["ns " $2]
	value["ns " $2, n] = $3
	num["cycles " $2] = n
	value["cycles " $2, n] = $4
}

END {
	against("64b", "64")
	against("gso", "gso")
	compare("64b_1_wire", "64", "vnet", "generator and sink alone", "wire", 0)
	exit failed
}
