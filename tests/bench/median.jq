# SPDX-License-Identifier: GPL-2.0-or-later
#
# null if there are no values

def median: sort | if length == 0 then null else
	(.[(length - 1) / 2 | floor] + .[length / 2 | floor]) / 2 end;
