# SPDX-License-Identifier: GPL-2.0-or-later
#
# Reads what the guest says ("window 2 control", "symbol ADDRESS t NAME [vnet]") and
# then what the emulator has counted (see stores.c). Prints one JSON line, and on
# standard error the lines that both processors write in a VNet.

function hex(s,	i, n) {
	s = tolower(s)
	sub(/^0x/, "", s)
	# what is left fits a double: the upper half is the same for a module
	s = substr(s, length(s) - 9)
	for (i = 1; i <= length(s); i++)
		n = n * 16 + index("0123456789abcdef", substr(s, i, 1)) - 1
	return n
}

# The module's function that an instruction is in
function name_of(address,	a, i, best) {
	a = hex(address)
	for (i in symbol)
		if (i + 0 <= a && (best == "" || i + 0 > best + 0))
			best = i
	return best == "" || a - best > 65536 ? "the kernel" : symbol[best]
}

FNR == NR && $1 == "window" { name[$2] = $3 }
FNR == NR && $1 == "symbol" { symbol[hex($2)] = $4 }
FNR == NR { next }
$1 == "window" && $3 == "ends:" { num[name[$2]] = $4 + 0; done[name[$2]] = $6 > 0 }
$1 == "window" && NF == 2 { now = name[$2] }
$1 == "line" && now == "vnet" {
	print "shared: " $0 ", in " name_of($6) >"/dev/stderr"
}

END {
	ok = done["control"] && num["control"] == num["vnet"] + 1 && done["vnet"] &&
	     done["vrf"] && num["vnet"] == 0
	printf "{\"name\": \"smp_shared_lines\", \"ours\": %s, \"peer\": \"VRF, 1 route\", \"theirs\": %s, \"ratio\": null, \"target\": 0, \"ok\": %s}\n",
		done["vnet"] ? num["vnet"] : "null", done["vrf"] ? num["vrf"] : "null",
		ok ? "true" : "false"
	exit !ok
}
