/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How vrs, or anyone allowed to, asks vrsd: the control protocol.
 *
 * A connection to the UNIX stream socket carries one request, a JSON object on
 * one line, and its answer, JSON objects one to a line: rows, as they come,
 * and then exactly one last object with the member "status". A connection
 * that ends without it was cut short. Who asks may shut down its sending side;
 * if it closes the connection nothing more is done for an answer, but a reload
 * goes on. Only root and members of the service's group may connect.
 *
 *	{"command": "learned", "vnet": "blue", "neighbor": "sdwan"}
 *	{"vnet": "blue", "neighbor": "sdwan", "network": "10.250.0.0/16", ...}
 *	{"status": "ok"}
 *	{"status": "error", "message": "no neighbor \"sdwam\""}
 *
 * Commands, and what narrows them ("vnet": name, "neighbor": name or
 * address; both optional):
 *
 *	peers		vnet, neighbor	one row per session
 *	learned		vnet, neighbor	Adj-RIB-In, one row per path
 *	advertised	vnet, neighbor	Adj-RIB-Out, one row per path
 *	routes		vnet		Loc-RIB: the paths in use
 *	policy-test	vnet, neighbor	what a route map would do to the current
 *					routes; with "map": name, and
 *					"direction": "in" (default) or "out"
 *	bfd		vnet, neighbor	one row per BFD session
 *	status				one row per process, but for the parent
 *	problems			one row per VNet or session that is not
 *					as the configuration has it
 *	reload				none; error: what is wrong where
 *
 * Rows of "peers":
 *	vnet, neighbor, address, asn, instance (0, 1, ...), localAddress,
 *	localAsn, state ("Established"), shutdown (true: by the configuration;
 *	absent if it is not), seconds (in this state), restartIn (seconds
 *	until it may come back after it announced too much; absent if it
 *	may), routerId, holdTime, capabilities, sentCapabilities (strings:
 *	the peer's, ours), role (what the peer says it is), restartTime
 *	(seconds it asks for; these six while the session is up, the last
 *	two if the peer told them),
 *	learned, advertised (prefixes), received, sent (objects: open update
 *	notification keepalive refresh), treatedAsWithdraw,
 *	attributesDiscarded (UPDATEs), established (times),
 *	connectRetries (connections that failed or ended since the session was
 *	started, RFC 4271's ConnectRetryCounter), queued (bytes
 *	waiting), lastError (string, absent if none), authentication ("none"
 *	"tcp-md5" "tcp-ao"), tcpAo (of a session that is up: object: sendId of
 *	the key that we use, recvId of the one that we have asked the peer to
 *	use, good, bad (segments)), problem (string: why the kernel does not
 *	hold the peer's keys, for which it is refused; absent if it does). A
 *	range has a row with a problem also when nobody is there.
 *
 * Rows of "learned", "advertised" and "routes":
 *	vnet, neighbor, instance, localAddress (of the session it came or is
 *	sent by; these three absent in "routes" for the VNet's own prefix),
 *	network, nextHop, sourcePeer (address of who announced it; absent for
 *	the VNet's own, and in "advertised"), asPath ("65001-65005"), origin
 *	("EBgp", "IBgp", "Igp"), weight,
 *	bgpOrigin ("igp" "egp" "incomplete"), med and localPref (absent if
 *	none), communities, extCommunities, largeCommunities (strings of
 *	words, absent if empty), pathId (with ADD-PATH: as received, or as
 *	sent), stale (true: kept since its neighbor was lost, or until it is
 *	announced again; absent if it is not), best (bool: in use; this and
 *	what follows not of advertised),
 *	why (what it lost by, or why it is not programmed; absent otherwise),
 *	state (of what it contributes to: "none" "pending" "installed"
 *	"failed"), error (the kernel's words, if failed)
 *
 * Rows of "policy-test", nothing of which happens:
 *	vnet, neighbor, instance, localAddress, network, asPath, communities
 *	(as received, or as it would be sent without a map), result
 *	("unchanged" "changed" "dropped" "replaced"), newNetwork (if replaced),
 *	newAsPath, newCommunities (if changed or replaced); communities and
 *	newCommunities are absent if there are none
 *
 * Rows of "bfd":
 *	vnet, neighbor, address, instance, localAddress, state ("Up" "Down"
 *	"Init" "AdminDown"), seconds (in this state), diagnostic (why it was
 *	left last, in RFC 5880's words), remoteState, remoteDiagnostic,
 *	multihop (bool), discriminator, remoteDiscriminator (0: not heard of),
 *	transmitInterval, receiveInterval, detectionTime (milliseconds, agreed
 *	on; 0: none), multiplier, remoteMultiplier, polling (bool), received,
 *	sent, discarded (packets), up (times)
 *
 * Rows of "status":
 *	process ("speaker"), pid, seconds, rss (bytes), prefixes, paths,
 *	attributes, failedRoutes, comparisons (with what the kernel holds),
 *	repairs (differences that they found); of the process that has them
 *
 * Rows of "problems":
 *	vnet, problem (text); of a session also neighbor, instance,
 *	localAddress
 */
#ifndef CTL_PROTOCOL_H
#define CTL_PROTOCOL_H

#define CTL_RUN_DIR	"/run/vrsd"
#define CTL_SOCKET	"vrsd.sock"	/* in the run directory */
#define CTL_REQUEST_MAX	1024		/* bytes of a request line */

#endif
