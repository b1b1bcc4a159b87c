# SPDX-License-Identifier: GPL-2.0-or-later
tools += tapguest
tapguest_sources := tests/tools/netns.c
