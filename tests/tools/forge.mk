# SPDX-License-Identifier: GPL-2.0-or-later
tools += forge
forge_sources := tests/tools/packet.c
