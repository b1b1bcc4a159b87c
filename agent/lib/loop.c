// SPDX-License-Identifier: GPL-2.0-or-later

#include <event2/event.h>
#include <stdlib.h>
#include <time.h>

#include "lib/log.h"
#include "lib/loop.h"
#include "lib/util.h"

struct loop_fd {
	struct event *event;
	unsigned int want;
	loop_fd_cb *cb;
	void *arg;
};

struct loop_timer {
	struct event *event;
	loop_cb *cb;
	void *arg;
};

struct loop_job {
	struct event *event;
	loop_cb *cb;
	void *arg;
	uint64_t ran;			/* in which turn of the loop, last */
	bool due;
};

struct loop_signal {
	struct event *event;
	loop_cb *cb;
	void *arg;
	struct loop_signal *next;
};

static struct event_base *loop_base;
static struct loop_signal *loop_signals;
static uint64_t loop_turn;
static bool loop_ended;
static int loop_status;

/* By itself it would write to standard error, and wait where that is full. */
static void libevent_log(int severity, const char *msg)
{
	if (severity == EVENT_LOG_ERR)
		log_err("libevent: %s", msg);
	else
		log_warn("libevent: %s", msg);
}

void loop_init(void)
{
	event_set_log_callback(libevent_log);
	loop_base = event_base_new();
	if (!loop_base)
		fatalx("cannot create the event loop");
}

void loop_fini(void)
{
	struct loop_signal *sig;

	while ((sig = loop_signals)) {
		loop_signals = sig->next;
		event_free(sig->event);
		free(sig);
	}
	event_base_free(loop_base);
	loop_base = NULL;
}

int loop_run(void)
{
	loop_ended = false;
	do {
		loop_turn++;
		if (event_base_loop(loop_base, EVLOOP_ONCE |
				    EVLOOP_NO_EXIT_ON_EMPTY) < 0)
			fatalx("event loop failed");
	} while (!loop_ended);
	return loop_status;
}

void loop_exit(int status)
{
	loop_status = status;
	loop_ended = true;
	event_base_loopbreak(loop_base);
}

uint64_t loop_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static struct event *new_event(evutil_socket_t fd, short what,
			       event_callback_fn cb, void *arg)
{
	struct event *event = event_new(loop_base, fd, what, cb, arg);

	if (!event)
		fatalx("out of memory");
	return event;
}

static void fd_ready(evutil_socket_t fd, short what, void *arg)
{
	struct loop_fd *lf = arg;

	lf->cb(fd, (what & EV_READ ? LOOP_READ : 0) |
		   (what & EV_WRITE ? LOOP_WRITE : 0), lf->arg);
}

static short fd_events(unsigned int want)
{
	return EV_PERSIST | (want & LOOP_READ ? EV_READ : 0) |
	       (want & LOOP_WRITE ? EV_WRITE : 0);
}

struct loop_fd *loop_fd_new(int fd, unsigned int want, loop_fd_cb *cb,
			    void *arg)
{
	struct loop_fd *lf = xcalloc(1, sizeof(*lf));

	lf->cb = cb;
	lf->arg = arg;
	lf->event = new_event(fd, fd_events(0), fd_ready, lf);
	loop_fd_want(lf, want);
	return lf;
}

void loop_fd_want(struct loop_fd *lf, unsigned int want)
{
	int fd = event_get_fd(lf->event);

	if (want == lf->want)
		return;
	lf->want = want;
	event_del(lf->event);
	event_assign(lf->event, loop_base, fd, fd_events(want), fd_ready, lf);
	if (want && event_add(lf->event, NULL) < 0)
		fatalx("cannot watch descriptor %d", fd);
}

void loop_fd_free(struct loop_fd *lf)
{
	if (!lf)
		return;
	event_free(lf->event);
	free(lf);
}

static void timer_fired(evutil_socket_t fd, short what, void *arg)
{
	struct loop_timer *timer = arg;

	(void)fd;
	(void)what;
	timer->cb(timer->arg);
}

struct loop_timer *loop_timer_new(loop_cb *cb, void *arg)
{
	struct loop_timer *timer = xcalloc(1, sizeof(*timer));

	timer->cb = cb;
	timer->arg = arg;
	timer->event = new_event(-1, 0, timer_fired, timer);
	return timer;
}

void loop_timer_set(struct loop_timer *timer, uint64_t ms)
{
	struct timeval tv = {
		.tv_sec = ms / 1000,
		.tv_usec = ms % 1000 * 1000,
	};

	if (event_add(timer->event, &tv) < 0)
		fatalx("cannot start a timer");
}

void loop_timer_stop(struct loop_timer *timer)
{
	event_del(timer->event);
}

bool loop_timer_running(const struct loop_timer *timer)
{
	return event_pending(timer->event, EV_TIMEOUT, NULL);
}

void loop_timer_free(struct loop_timer *timer)
{
	if (!timer)
		return;
	event_free(timer->event);
	free(timer);
}

static void job_due(evutil_socket_t fd, short what, void *arg)
{
	struct loop_job *job = arg;

	(void)fd;
	(void)what;
	job->ran = loop_turn;
	job->due = false;
	job->cb(job->arg);
}

struct loop_job *loop_job_new(loop_cb *cb, void *arg)
{
	struct loop_job *job = xcalloc(1, sizeof(*job));

	job->cb = cb;
	job->arg = arg;
	job->event = new_event(-1, 0, job_due, job);
	return job;
}

/*
 * By event_active() it runs at the end of this turn; by a timer of 0 ms when
 * descriptors have been looked at again.
 */
void loop_defer(struct loop_job *job)
{
	static const struct timeval now;

	if (job->due)
		return;
	job->due = true;
	if (job->ran != loop_turn)
		event_active(job->event, EV_TIMEOUT, 1);
	else if (event_add(job->event, &now) < 0)
		fatalx("cannot defer work");
}

void loop_job_free(struct loop_job *job)
{
	if (!job)
		return;
	event_free(job->event);
	free(job);
}

static void signal_arrived(evutil_socket_t signo, short what, void *arg)
{
	struct loop_signal *sig = arg;

	(void)signo;
	(void)what;
	sig->cb(sig->arg);
}

void loop_signal(int signo, loop_cb *cb, void *arg)
{
	struct loop_signal *sig = xcalloc(1, sizeof(*sig));

	sig->cb = cb;
	sig->arg = arg;
	sig->event = new_event(signo, EV_SIGNAL | EV_PERSIST, signal_arrived,
			       sig);
	sig->next = loop_signals;
	loop_signals = sig;
	if (event_add(sig->event, NULL) < 0)
		fatalx("cannot watch signal %d", signo);
}
