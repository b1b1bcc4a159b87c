# SPDX-License-Identifier: GPL-2.0-or-later
#
# Judges the KTAP output of one test: prints it indented, what is wrong with it
# as one more failed result, the test's own result line without its number, and
# last "counts PASSED FAILED SKIPPED".
#
# usage: awk -f verdict.awk -v name=NAME -v status=EXIT_STATUS

function problem(text)
{
	print "    not ok " ++results " " text
	failed++
}

{ print "    " $0 }

/^(not )?ok [0-9]+/ {
	number = $1 == "ok" ? $2 : $3
	results++
	if (number != results)
		disorder = 1
	if ($1 == "not")
		failed++
	else if (match($0, /# SKIP ./))
		skipped++
	else if (match($0, /# SKIP/))
		unreasoned = 1
	else
		passed++
}

/^1\.\.[0-9]+/ {
	planned = 1
	plan = substr($1, 4) + 0
	if (plan == 0 && match($0, /# SKIP ./))
		reason = substr($0, RSTART)
}

/^Bail out!/ { bailed = substr($0, 11) }

END {
	passed += 0; failed += 0; skipped += 0; seen = results + 0
	if (status == 124 || status == 137)
		problem("did not end in time")
	else if (bailed != "")
		problem("gave up: " bailed)
	else if (!planned)
		problem("printed no plan, status " status)
	else if (seen != plan)
		problem("planned " plan " results, had " seen)
	else if (disorder)
		problem("results are not numbered from 1 on")
	else if (unreasoned)
		problem("skipped without a reason")
	else if (plan == 0 && reason != "" && status == 4)
		skipped++
	else if (seen == 0)
		problem("had no result")
	else if (status != 0 && failed == 0)
		problem("ended with status " status)
	else if (status == 0 && failed > 0)
		problem("failed with status 0")
	if (failed)
		print "not ok " name
	else
		print "ok " name (passed ? "" : " " (reason ? reason : "# SKIP all its results"))
	print "counts " passed " " failed " " skipped
}
