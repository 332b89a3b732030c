// SPDX-License-Identifier: GPL-2.0
/*
 * The terminal of the live view; see scope_screen.h.
 *
 * Plain sequences of ECMA-48 and xterm, and not ncursesw: a frame is a text that
 * one function makes of figures (so tests compare it), six sequences put it on
 * the screen, and what undoes them is one write() and one ioctl(), which a signal
 * handler may do; endwin() may not be called there. It also needs no file of
 * terminals after privileges have been given up. The sequences:
 *
 *   ESC [ ? 1049 h / l	second screen, and back to the first as it was
 *   ESC [ ? 25 l / h	hide and show the cursor
 *   ESC [ ? 7 l / h	no wrapping at the right edge, and wrapping
 *   ESC [ H		to the upper left corner
 *   ESC [ K		delete to the end of the line
 *   ESC [ J		delete to the end of the screen
 */
#include "scope_screen.h"

#include <errno.h>
#include <langinfo.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "../lib/terminal.h"

#define ENTER	"\033[?1049h\033[?25l\033[?7l"
#define LEAVE	"\033[?7h\033[?25h\033[?1049l"

static volatile sig_atomic_t is_open;
static bool has_keys;
static struct termios before;
static struct scope_view_style style = {
	.has_out = true, .has_in = true,
};

bool scope_screen_is_possible(void)
{
	return sluice_terminal_obeys(STDOUT_FILENO);
}

/* Only what a signal handler may do. */
void scope_screen_close(void)
{
	int saved = errno;
	ssize_t done;

	if (!is_open)
		return;
	is_open = 0;
	done = write(STDOUT_FILENO, LEAVE, sizeof(LEAVE) - 1);
	(void)done;
	if (has_keys)
		tcsetattr(STDIN_FILENO, TCSANOW, &before);
	errno = saved;
}

/*
 * The default action follows: the handler is gone, and what happened happens again.
 * Without privileges a process may not signal itself.
 */
static void crash(int signal_number)
{
	scope_screen_close();
	if (raise(signal_number))
		_exit(128 + signal_number);
}

static void handlers_set(void)
{
	static const int crashes[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL,
				       SIGABRT, SIGSYS, SIGQUIT };
	struct sigaction action = { .sa_handler = crash,
				    .sa_flags = SA_RESETHAND };

	for (unsigned int i = 0; i < sizeof(crashes) / sizeof(crashes[0]); i++)
		sigaction(crashes[i], &action, NULL);
	/* A stopped view would leave its screen behind; a closed pipe is an error. */
	signal(SIGTSTP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
}

void scope_screen_open(void)
{
	struct termios now;
	ssize_t done;

	style.is_utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8");
	has_keys = isatty(STDIN_FILENO) && !tcgetattr(STDIN_FILENO, &before);
	handlers_set();
	atexit(scope_screen_close);
	is_open = 1;
	if (has_keys) {
		now = before;
		/* Ctrl-C stays; Ctrl-S would make writing wait. */
		now.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
		now.c_iflag &= ~(tcflag_t)IXON;
		now.c_cc[VSUSP] = _POSIX_VDISABLE;
		now.c_cc[VMIN] = 0;
		now.c_cc[VTIME] = 0;
		tcsetattr(STDIN_FILENO, TCSANOW, &now);
	}
	done = write(STDOUT_FILENO, ENTER, sizeof(ENTER) - 1);
	(void)done;
}

static void size_look(void)
{
	struct winsize size = { .ws_row = 24, .ws_col = 80 };

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || !size.ws_row ||
	    !size.ws_col)
		size = (struct winsize){ .ws_row = 24, .ws_col = 80 };
	style.columns = size.ws_col;
	style.rows = size.ws_row;
}

/* All of it; false if the terminal has gone. */
static bool text_write(const char *text, size_t bytes)
{
	while (bytes) {
		ssize_t done = write(STDOUT_FILENO, text, bytes);

		/* A part of a frame is better than waiting: the next one mends it. */
		if (done < 0 && errno == EAGAIN)
			return true;
		if (done < 0 && errno != EINTR)
			return false;
		if (done < 0)
			continue;
		text += done;
		bytes -= (size_t)done;
	}
	return true;
}

/*
 * A frame as the terminal gets it: each line begins on clean ground. Behind one that
 * fills its row the terminal is still in the last column, and would clear that.
 */
static bool frame_write(const char *frame)
{
	char *text;
	size_t bytes;
	FILE *out = open_memstream(&text, &bytes);
	unsigned int row = 0;
	bool is_done;

	if (!out)
		return true;
	fputs("\033[H", out);
	for (const char *end; (end = strchr(frame, '\n')); frame = end + 1) {
		if (row++)
			fputs("\r\n", out);
		fputs("\033[K", out);
		fwrite(frame, 1, (size_t)(end - frame), out);
		if (row == style.rows)
			break;
	}
	fputs("\033[J", out);
	if (fclose(out))
		return true;
	is_done = text_write(text, bytes);
	free(text);
	return is_done;
}

bool scope_screen_draw(scope_screen_maker *make, const void *view)
{
	struct pollfd fd = { .fd = STDOUT_FILENO, .events = POLLOUT };
	char *frame;
	size_t bytes;
	FILE *out;
	bool is_done;

	if (poll(&fd, 1, 0) < 1)
		return true;
	if (fd.revents & (POLLERR | POLLHUP))
		return false;
	out = open_memstream(&frame, &bytes);
	if (!out)
		return true;
	size_look();
	make(out, view, &style);
	if (fclose(out))
		return true;
	is_done = frame_write(frame);
	free(frame);
	return is_done;
}

bool scope_screen_keys(bool *is_paused)
{
	struct pollfd fd = { .fd = STDIN_FILENO, .events = POLLIN };
	char key;

	while (has_keys && poll(&fd, 1, 0) == 1) {
		if (read(STDIN_FILENO, &key, 1) != 1)
			return false;
		switch (key) {
		case 'q':
			return false;
		case 'p':
			*is_paused = !*is_paused;
			break;
		case 'o':
		case 'i':
		case 'b':
			style.has_out = key != 'i';
			style.has_in = key != 'o';
			break;
		case '?':
		case 'h':
			style.has_help = !style.has_help;
			break;
		}
	}
	return true;
}
