# SPDX-License-Identifier: GPL-2.0-or-later
#
# Lists the names that an interface has, a line "ENUM CONSTANT" for each, out of
# uapi/linux/vnet.h (-v header=1) or uapi/vnet.yaml: they must be the same, and
# in the same order, which is their numbers' order.

header && /^enum [a-z_]+ \{/ { of = $2 }
header && /^\}/ { of = "" }
header && of && match($0, /^\t[A-Z][A-Z0-9_]*/) {
	name = substr($0, RSTART + 1, RLENGTH - 1)
	if (name !~ /_UNSPEC$/)
		print of, name
}

!header && /^ *enum-name: / { of = $2 }
!header && /^ *name-prefix: / { prefix = $2 }
!header && /^ *type: flags/ { of = "" }
!header && /^attribute-sets:|^definitions:/ { of = "" }
!header && of && (/^      - [a-z]/ || /^        name: / || /^      name: /) {
	name = toupper(prefix $NF)
	gsub("-", "_", name)
	print of, name
}
