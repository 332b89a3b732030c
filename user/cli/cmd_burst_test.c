// SPDX-License-Identifier: GPL-2.0
/*
 * sluice burst-test: how many packets does a path absorb when they come back to
 * back?
 *
 * One end listens, the other sends:
 *
 *	host-b$ sluice burst-test --listen 192.0.2.2:9978 --allow 192.0.2.1
 *	host-a$ sluice burst-test 192.0.2.2
 *
 * The sender doubles its bursts until one loses and then halves what lies
 * between (burst_search.h). The receiver tells which packets arrived, and when
 * (burst_packet.h). From the rate they arrive at and the rate they left at
 * follows the room of the bottleneck.
 *
 * Without HOST both ends are this command, at 127.0.0.1: it needs no privilege,
 * touches no device, and shows what this host itself does to bursts. A pair of
 * network namespaces would need root and add a device to the host that is looked
 * at (S2).
 *
 * A receiver is a service that anybody could talk to, so it is off unless asked
 * for, ends by itself, and takes packets from this host only: who sends is known
 * beforehand, and naming him is one word. Others get no answer, and the receiver
 * says who they were.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../lib/now.h"
#include "../lib/sandbox.h"
#include "../lib/units.h"
#include "../scope/burst.h"
#include "burst_serve.h"
#include "cmd.h"
#include "flag.h"
#include "out.h"
#include "out_burst.h"
#include "serve.h"

#define NAME "burst-test"
#define PORT_INITIAL "9978"
#define PORT_MAX 65535u
#define USAGE "'sluice burst-test --help' lists what it takes"
/* 4096 full frames are 6 MB: more than a port of a shallow switch has. */
#define MAX_INITIAL 4096u
#define REPEAT_INITIAL 3u
#define PAUSE_INITIAL_NS UINT64_C(50000000)
#define SPAN_INITIAL_NS UINT64_C(60000000000)
#define LISTEN_INITIAL_NS UINT64_C(600000000000)

static const struct flag min_flag = { NAME, "--min", 1, BURST_PACKETS_CEILING };
static const struct flag max_flag = { NAME, "--max", 1, BURST_PACKETS_CEILING };
/* IPv6, UDP and the header of a message; what a bundle of one can hold. */
static const struct flag size_flag = { NAME, "--size", 80, 65000 };
static const struct flag repeat_flag = { NAME, "--repeat", 1, 100 };
static const struct flag pause_flag = {
	NAME, "--pause", 1000000, UINT64_C(10000000000),
};
static const struct flag for_flag = {
	NAME, "--for", 100000000, UINT64_C(3600000000000),
};
static const struct flag least_flag = {
	NAME, "--at-least", 1, BURST_PACKETS_CEILING,
};

/**
 * struct burst_arguments - what was asked for
 * @host: HOST[:PORT]; NULL: this command is both ends
 * @listen: [ADDRESS:]PORT of a receiver
 * @allowed: who may send to it
 * @n_allowed: how many
 * @values: of the flags, 0: not given
 * @is_dry: only say what would be sent
 * @is_json: for programs
 */
struct burst_arguments {
	const char *host;
	const char *listen;
	struct burst_prefix allowed[BURST_SERVE_ALLOWED_MAX];
	unsigned int n_allowed;
	struct {
		uint64_t min;
		uint64_t max;
		uint64_t size;
		uint64_t repeat;
		uint64_t pause_ns;
		uint64_t span_ns;
		uint64_t at_least;
	} values;
	bool is_dry;
	bool is_json;
};

static volatile sig_atomic_t is_stopped;

static void stop(int signal_number)
{
	(void)signal_number;
	is_stopped = 1;
}

static void signals_set(void)
{
	/* The second one ends it where it stands. */
	struct sigaction action = { .sa_handler = stop,
				    .sa_flags = SA_RESETHAND };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

/* ---- arguments ---- */

static int allow_add(struct burst_arguments *arguments, const char *word)
{
	char error[256];

	if (!word)
		return out_refuse(EXIT_USAGE, NAME,
				  "--allow needs an address or a prefix behind it");
	if (arguments->n_allowed == BURST_SERVE_ALLOWED_MAX)
		return out_refuse(EXIT_USAGE, NAME,
				  "--allow: %u are the most: give a shorter prefix",
				  arguments->n_allowed);
	if (burst_prefix_parse(word, &arguments->allowed[arguments->n_allowed],
			       error, sizeof(error)))
		return out_refuse(EXIT_USAGE, NAME, "--allow: %s", error);
	arguments->n_allowed++;
	return EXIT_DONE;
}

/* A flag with a value; -1: @word is none. */
static int value_take(struct burst_arguments *arguments, const char *word,
		      const char *value)
{
	const struct {
		const struct flag *flag;
		bool is_time;
		uint64_t *ret;
	} flags[] = {
		{ &min_flag, false, &arguments->values.min },
		{ &max_flag, false, &arguments->values.max },
		{ &size_flag, false, &arguments->values.size },
		{ &repeat_flag, false, &arguments->values.repeat },
		{ &pause_flag, true, &arguments->values.pause_ns },
		{ &for_flag, true, &arguments->values.span_ns },
		{ &least_flag, false, &arguments->values.at_least },
	};
	unsigned int i;

	for (i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		if (strcmp(word, flags[i].flag->name))
			continue;
		return flags[i].is_time ?
		       flag_time(flags[i].flag, value, flags[i].ret) :
		       flag_count(flags[i].flag, value, flags[i].ret);
	}
	return -1;
}

static int word_take(struct burst_arguments *arguments, char **argv, int *i)
{
	const char *word = argv[*i];
	int code;

	if (!strcmp(word, "--json")) {
		arguments->is_json = true;
		return EXIT_DONE;
	}
	if (!strcmp(word, "--dry-run")) {
		arguments->is_dry = true;
		return EXIT_DONE;
	}
	if (!strcmp(word, "--allow"))
		return allow_add(arguments, argv[++*i]);
	if (!strcmp(word, "--listen")) {
		arguments->listen = argv[++*i];
		return arguments->listen ? EXIT_DONE :
		       out_refuse(EXIT_USAGE, NAME,
				  "--listen needs [ADDRESS:]PORT behind it");
	}
	/* Behind the last word argv has a NULL. */
	code = value_take(arguments, word, argv[*i + 1]);
	if (code >= 0) {
		++*i;
		return code;
	}
	if (*word == '-')
		return out_refuse(EXIT_USAGE, NAME,
				  "there is no option '%s': " USAGE, word);
	if (arguments->host)
		return out_refuse(EXIT_USAGE, NAME,
				  "'%s' is one host too many: " USAGE, word);
	arguments->host = word;
	return EXIT_DONE;
}

static int arguments_check(const struct burst_arguments *arguments)
{
	uint64_t max = arguments->values.max ? arguments->values.max :
					       MAX_INITIAL;

	if (arguments->listen &&
	    (arguments->host || arguments->is_dry || arguments->is_json ||
	     arguments->values.min || arguments->values.max ||
	     arguments->values.size || arguments->values.repeat ||
	     arguments->values.pause_ns || arguments->values.at_least))
		return out_refuse(EXIT_USAGE, NAME,
				  "a receiver takes --listen, --allow and --for alone: give the rest to the sender");
	if (arguments->n_allowed && !arguments->listen)
		return out_refuse(EXIT_USAGE, NAME,
				  "--allow is for a receiver: give it together with --listen");
	if (arguments->values.min > max)
		return out_refuse(EXIT_USAGE, NAME,
				  "--min is above --max (%u): give a smaller --min",
				  (unsigned int)max);
	if (arguments->values.at_least > max)
		return out_refuse(EXIT_USAGE, NAME,
				  "--at-least is above --max (%u), so it would not be tried: give a larger --max",
				  (unsigned int)max);
	return EXIT_DONE;
}

static int arguments_parse(int argc, char **argv, struct burst_arguments *ret)
{
	int i, code = EXIT_DONE;

	for (i = 1; !code && i < argc; i++)
		code = word_take(ret, argv, &i);
	return code ? code : arguments_check(ret);
}

/* ---- the receiver ---- */

static int listen_refuse(const char *where, int err)
{
	if (err == -EADDRINUSE)
		return out_refuse(EXIT_FAILED, NAME,
				  "cannot listen at %s: another program does: choose another port",
				  where);
	return out_refuse(EXIT_FAILED, NAME,
			  "cannot listen at %s: %s: 'ip address' lists this host's addresses, and ports below 1024 need root",
			  where, strerror(-err));
}

static int listen_here(const struct burst_arguments *arguments)
{
	uint64_t span_ns = arguments->values.span_ns ?
			   arguments->values.span_ns : LISTEN_INITIAL_NS;
	struct sockaddr_storage address;
	struct burst_serve serve = {
		.own = &address, .allowed = arguments->allowed,
		.n_allowed = arguments->n_allowed, .span_ns = span_ns,
		.stop = &is_stopped,
	};
	char error[256], span[32], at[OUT_BURST_PEER_SIZE];
	struct burst_peer own;
	int size, err;

	size = serve_address_parse(arguments->listen, &address, error,
				   sizeof(error));
	if (size < 0)
		return out_refuse(EXIT_USAGE, NAME, "--listen: %s", error);
	serve.fd = burst_listener_open(&address, (socklen_t)size);
	if (serve.fd < 0)
		return listen_refuse(arguments->listen, serve.fd);
	sluice_format_time(span_ns, span, sizeof(span));
	/* where no address was given it is loopback's */
	own = burst_peer_of(&address);
	out_burst_peer(&own, at, sizeof(at));
	printf("listens at %s for %s; bursts from this host%s are taken\n",
	       strchr(arguments->listen, '%') ? arguments->listen : at, span,
	       arguments->n_allowed ?
	       " and from those of --allow" : " alone");
	fflush(stdout);
	err = burst_serve(&serve);
	close(serve.fd);
	if (err)
		return out_refuse(EXIT_FAILED, NAME,
				  "the receiver broke down: %s: start it again",
				  strerror(-err));
	return EXIT_DONE;
}

/* ---- the sender ---- */

/* HOST, HOST:PORT, [IPv6]:PORT, and IPv6 alone. */
static int target_find(const char *word, struct burst_config *config,
		       char *to, size_t to_size)
{
	struct addrinfo hints = { .ai_socktype = SOCK_DGRAM }, *found;
	const char *colon = strrchr(word, ':'), *port = PORT_INITIAL;
	struct burst_peer peer;
	char host[256], error[256];
	uint64_t number;
	size_t length = strlen(word);
	int err;

	if (colon && (strchr(word, ':') == colon || colon[-1] == ']')) {
		port = colon + 1;
		length = (size_t)(colon - word);
	}
	if (*word == '[' && length > 2 && word[length - 1] == ']') {
		word++;
		length -= 2;
	}
	if (!length || length >= sizeof(host))
		return out_refuse(EXIT_USAGE, NAME,
				  "'%s' is no host such as 192.0.2.1:9978 or [2001:db8::1]:9978",
				  word);
	memcpy(host, word, length);
	host[length] = '\0';
	if (sluice_parse_count(port, &number, error, sizeof(error)) ||
	    !number || number > PORT_MAX)
		return out_refuse(EXIT_USAGE, NAME,
				  "port '%s' is out of range; it must be from 1 to %u",
				  port, PORT_MAX);
	err = getaddrinfo(host, port, &hints, &found);
	if (err)
		return out_refuse(EXIT_FAILED, NAME,
				  "%s is not found: %s: give its address",
				  host, gai_strerror(err));
	memcpy(&config->to, found->ai_addr, found->ai_addrlen);
	config->to_size = found->ai_addrlen;
	freeaddrinfo(found);
	peer = burst_peer_of(&config->to);
	out_burst_peer(&peer, to, to_size);
	return EXIT_DONE;
}

static int refuse(const struct burst_test *test, const char *to, int err,
		  const char *error)
{
	struct sockaddr_storage own = { .ss_family = AF_UNSPEC };
	socklen_t size = sizeof(own);
	char address[OUT_BURST_PEER_SIZE] = "";
	struct burst_peer peer;

	if ((err != -ETIMEDOUT && err != -ECONNREFUSED) ||
	    test->result.count ||
	    getsockname(test->sender.fd, (void *)&own, &size))
		return out_refuse(EXIT_FAILED, NAME, "%s: %s", to, error);
	peer = burst_peer_of(&own);
	out_burst_address(&peer, address, sizeof(address));
	return out_refuse(EXIT_FAILED, NAME,
			  "%s: %s: start 'sluice burst-test --listen %s --allow %s' at that host, and let UDP to its port pass",
			  to, error, to, address);
}

static int code_of(const struct burst_arguments *arguments,
		   const struct burst_result *result)
{
	if (arguments->values.at_least &&
	    result->search.lossless >= arguments->values.at_least)
		return EXIT_DONE;
	if (result->end == BURST_END_STOPPED)
		return out_refuse(EXIT_FAILED, NAME,
				  "stopped before its end: what is said is what was measured until then");
	if (result->end == BURST_END_TIME)
		return out_refuse(EXIT_FAILED, NAME,
				  "its time was over before its end: give it longer with --for, or a smaller --max");
	return arguments->values.at_least ? EXIT_CHECK_FAILED : EXIT_DONE;
}

static int test_run(const struct burst_arguments *arguments, const char *to,
		    struct burst_test *test)
{
	char error[BURST_ERROR_SIZE] = "";
	int err, code = EXIT_DONE;

	if (isatty(STDERR_FILENO) && !arguments->is_json)
		out_burst_plan(stderr, to, test);
	signals_set();
	err = burst_test_run(test, error);
	/* What was measured before it broke is kept. */
	if (!err || test->result.count) {
		if (arguments->is_json)
			code = out_burst_json(to, test);
		else
			out_burst(stdout, to, test);
	}
	if (!code && !out_is_complete(stdout))
		code = out_refuse(EXIT_FAILED, NAME,
				  "cannot write the output: is the disk full?");
	if (code)
		return code;
	return err ? refuse(test, to, err, error) :
		     code_of(arguments, &test->result);
}

static uint64_t either(uint64_t given, uint64_t initial)
{
	return given ? given : initial;
}

static int send_to(const struct burst_arguments *arguments,
		   struct burst_config *config, const char *to)
{
	char error[BURST_ERROR_SIZE] = "";
	struct burst_test test;
	int err, code = EXIT_DONE;

	config->max = (uint32_t)either(arguments->values.max, MAX_INITIAL);
	config->min = (uint32_t)either(arguments->values.min, 1);
	config->repeat = (uint32_t)either(arguments->values.repeat,
					  REPEAT_INITIAL);
	config->packet_bytes = (uint32_t)arguments->values.size;
	config->pause_ns = either(arguments->values.pause_ns, PAUSE_INITIAL_NS);
	config->span_ns = either(arguments->values.span_ns, SPAN_INITIAL_NS);
	config->stop = &is_stopped;
	err = burst_test_prepare(&test, config, error);
	if (err)
		code = out_refuse(err == -EMSGSIZE ? EXIT_USAGE : EXIT_FAILED,
				  NAME, "%s: %s", to, error);
	else if (arguments->is_dry)
		out_burst_plan(stdout, to, &test);
	else
		code = test_run(arguments, to, &test);
	burst_test_done(&test);
	return code;
}

/* ---- both ends ---- */

/* The receiver, in a process that ends with this one. */
static pid_t receiver_fork(int fd, const struct sockaddr_storage *own)
{
	struct burst_serve serve = {
		.fd = fd, .own = own, .span_ns = for_flag.max,
		.stop = &is_stopped, .is_quiet = true,
	};
	pid_t parent = getpid(), child = fork();

	if (child)
		return child;
	/* Ctrl-C is for the sender, which then ends this. */
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_DFL);
	if (sluice_privileges_drop() || prctl(PR_SET_PDEATHSIG, SIGKILL) ||
	    getppid() != parent)
		_exit(EXIT_FAILED);
	_exit(burst_serve(&serve) ? EXIT_FAILED : EXIT_DONE);
}

static int send_to_self(const struct burst_arguments *arguments)
{
	struct burst_config config = { .to_size = sizeof(struct sockaddr_in) };
	struct sockaddr_in *own = (struct sockaddr_in *)&config.to;
	static const char to[] = "127.0.0.1";
	pid_t child;
	int fd, code;

	own->sin_family = AF_INET;
	own->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	fd = burst_listener_open(&config.to, config.to_size);
	if (fd < 0)
		return listen_refuse(to, fd);
	if (getsockname(fd, (void *)&config.to, &config.to_size))
		return listen_refuse(to, -errno);
	if (arguments->is_dry) {
		close(fd);
		return send_to(arguments, &config, to);
	}
	child = receiver_fork(fd, &config.to);
	close(fd);
	if (child < 0)
		return out_refuse(EXIT_FAILED, NAME,
				  "the receiver cannot be started: %s: end other processes and try again",
				  strerror(errno));
	code = send_to(arguments, &config, to);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	return code;
}

int cmd_burst_test(int argc, char **argv)
{
	struct burst_arguments arguments = { .host = NULL };
	struct burst_config config = { .to_size = 0 };
	char to[OUT_BURST_PEER_SIZE];
	int code;

	code = arguments_parse(argc, argv, &arguments);
	if (code)
		return code;
	if (arguments.listen) {
		signals_set();
		return listen_here(&arguments);
	}
	if (!arguments.host)
		return send_to_self(&arguments);
	code = target_find(arguments.host, &config, to, sizeof(to));
	return code ? code : send_to(&arguments, &config, to);
}
