# SPDX-License-Identifier: GPL-2.0-or-later
tools += toobig
toobig_sources := tests/tools/packet.c
