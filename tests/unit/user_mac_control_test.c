// SPDX-License-Identifier: GPL-2.0
/*
 * Frames of MAC control (PAUSE, priority flow control, and those that fill the gaps of a paced
 * flow): the same traffic is looked at with them and without, as a capture, packet by
 * packet, and turn by turn as views do. They are counted, and every figure, also what is
 * printed of it, is as if they had not been there.
 */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../core/wire.h"
#include "../../user/cli/out_metrics.h"
#include "../../user/cli/out_scope.h"
#include "../../user/lib/pcap.h"
#include "../../user/scope/file.h"
#include "../../user/scope/pcapng_write.h"
#include "../../user/scope/record_parts.h"
#include "../../user/scope/report.h"
#include "../../user/scope/scope_json.h"
#include "../../user/scope/slots.h"
#include "core_random.h"
#include "user_tap.h"

#define START_NS	(1700000000 * SLUICE_NS_PER_S)
#define GBIT		1000000000ull
#define FRAME_MAX	1514u
#define FRAMES		20000u
#define CAPTURE_MAX	(FRAMES * 4u * (FRAME_MAX + 128u))
#define SNAP		96u

/* The real one brings the rest of `sluice metrics` with it. */
void out_metrics_label(FILE *out, const char *text)
{
	fputs(text, out);
}

/* ---- frames ---- */

static uint8_t frame[FRAME_MAX];
static u64 state;

/* Ethernet's header; @type at its end. */
static void ethernet_put(const char *to, uint16_t type)
{
	memset(frame, 0, sizeof(frame));
	memcpy(frame, to, 6);
	memcpy(frame + 6, "\2\0\0\0\0\1", 6);
	frame[12] = (uint8_t)(type >> 8);
	frame[13] = (uint8_t)type;
}

/* PAUSE for no time, as it fills a gap. */
static void gap_put(void)
{
	ethernet_put("\1\200\302\0\0\1", 0x8808);
	frame[15] = 1;
}

/* A segment of TCP, of one of two flows, or a pure ACK back. */
static uint32_t segment_put(uint32_t flow, uint32_t sequence, bool is_back)
{
	uint8_t *ip = frame + 14, *tcp = ip + 20;
	uint32_t bytes = is_back ? 60 : FRAME_MAX, total = is_back ? 40 : 1500;

	ethernet_put("\2\0\0\0\0\2", 0x0800);
	ip[0] = 0x45;
	ip[2] = (uint8_t)(total >> 8);
	ip[3] = (uint8_t)total;
	ip[9] = SLUICE_PROTOCOL_TCP;
	ip[12] = ip[16] = 10;
	ip[is_back ? 19 : 15] = 1;
	ip[is_back ? 15 : 19] = 2;
	tcp[is_back ? 3 : 1] = (uint8_t)(10 + flow);
	tcp[is_back ? 1 : 3] = 80;
	for (int i = 0; i < 4; i++)
		tcp[(is_back ? 8 : 4) + i] = (uint8_t)(sequence >> (24 - 8 * i));
	tcp[12] = 0x50;
	tcp[13] = SLUICE_TCP_ACK;
	return bytes;
}

/* ---- what is a frame of MAC control ---- */

static bool is_it(const char *hex, uint32_t captured, uint32_t link_type)
{
	uint8_t *exact = malloc(captured ? captured : 1);
	struct sluice_frame parsed;
	unsigned int value;
	bool found;

	for (uint32_t i = 0; i < captured; i++) {
		sscanf(hex + 2 * (size_t)i, "%2x", &value);
		exact[i] = (uint8_t)value;
	}
	found = sluice_frame_is_mac_control(exact, captured, link_type);
	if (found && sluice_frame_parse(exact, captured, link_type, &parsed))
		printf("# it is a packet of IP, too\n");
	free(exact);
	return found;
}

static void test_frames(void)
{
	static const char pause[] = "0180c200000102000000000188080001000000000000";
	bool is_right = true;

	tap_ok(is_it(pause, 22, SLUICE_LINKTYPE_ETHERNET), "PAUSE is MAC control");
	tap_ok(is_it("01000000000202000000000188080001ffff", 18,
		     SLUICE_LINKTYPE_ETHERNET), "also to the other station's own address");
	tap_ok(is_it("0180c2000001020000000001880801010000", 18,
		     SLUICE_LINKTYPE_ETHERNET), "so is priority flow control");
	tap_ok(!is_it("0180c20000010200000000018100000588080001", 20,
		      SLUICE_LINKTYPE_ETHERNET) &&
	       !is_it("0180c200000102000000000188a8000588080001", 20,
		      SLUICE_LINKTYPE_ETHERNET),
	       "behind a tag it is another frame");
	tap_ok(!is_it("0180c200000102000000000188090001", 16,
		      SLUICE_LINKTYPE_ETHERNET), "slow protocols are none");
	for (uint32_t i = 0; i <= 22; i++)
		is_right &= is_it(pause, i, SLUICE_LINKTYPE_ETHERNET) == (i >= 14);
	tap_ok(is_right, "cut anywhere it is told by its first 14 bytes");
	tap_ok(is_it("00020001000602000000000100008808" "0001", 18,
		     SLUICE_LINKTYPE_SLL) &&
	       is_it("88080000000000010001020602000000000100000001", 22,
		     SLUICE_LINKTYPE_SLL2), "by the protocol of cooked headers, too");
	tap_ok(!is_it(pause, 22, SLUICE_LINKTYPE_RAW) &&
	       !is_it(pause, 22, SLUICE_LINKTYPE_NULL) && !is_it(pause, 22, 127),
	       "other links have none");
}

/* ---- traffic ---- */

/* Told each frame: as a capture, or at once. */
struct sink {
	uint8_t *capture;		/* NULL: scope is told */
	size_t bytes;
	bool has_directions;
	struct scope *scope;
	bool has_gaps;
	struct scope_mac_control sums[SCOPE_DIRECTIONS];	/* of gap frames */
	uint64_t pkts;			/* of all others */
};

static void frame_tell(struct sink *sink, uint64_t at_ns, uint32_t bytes,
		       enum scope_direction direction)
{
	bool is_gap = frame[12] == 0x88;
	struct scope_pcapng_packet one = {
		.interface = direction == SCOPE_IN,
		.time_ns = START_NS + at_ns, .data = frame,
		.captured_bytes = bytes < SNAP ? bytes : SNAP, .bytes = bytes,
		.direction = sink->has_directions ? direction : SCOPE_ANY,
	};
	struct scope_packet packet = {
		.time_ns = START_NS + at_ns, .bytes = bytes,
		.direction = (uint8_t)one.direction, .is_mac_control = is_gap,
	};
	struct scope_flow_event event;

	if (is_gap && !sink->has_gaps)
		return;
	if (is_gap) {
		sink->sums[one.direction].frames++;
		sink->sums[one.direction].wire_bytes +=
			pace_wire_bytes(bytes, 0, PACE_OVERHEAD_DEFAULT_BYTES);
	}
	sink->pkts += !is_gap;
	if (sink->capture) {
		sink->bytes += scope_pcapng_packet(sink->capture + sink->bytes,
						   &one);
		return;
	}
	packet.is_ip = sluice_frame_parse(frame, bytes, SLUICE_LINKTYPE_ETHERNET,
					  &packet.frame);
	if (scope_add(sink->scope, &packet, &event) < 0)
		abort();
	if (is_gap && (event.number != UINT32_MAX || event.is_new))
		abort();
}

/* Gap frames fill the line at 1 Gb/s from there on, for so long; some are short ones. */
static uint64_t gaps_tell(struct sink *sink, uint64_t at_ns, uint64_t until_ns)
{
	while (at_ns + 84 * 8 <= until_ns) {
		uint64_t room = (until_ns - at_ns) / 8 - PACE_OVERHEAD_DEFAULT_BYTES;
		uint32_t bytes = room > FRAME_MAX ? FRAME_MAX : (uint32_t)room;

		if (random_below(&state, 8) == 0)
			bytes = 60;
		gap_put();
		frame_tell(sink, at_ns, bytes, SCOPE_OUT);
		at_ns += (bytes + PACE_OVERHEAD_DEFAULT_BYTES) * 8ull;
	}
	return until_ns;
}

/*
 * Two flows leave at a quarter and an eighth of a line of 1 Gb/s, now and then by the
 * wrong time, and sent again; ACKs come back, and with them a PAUSE. Gap frames are the
 * first and the last of it.
 */
static void traffic_tell(struct sink *sink)
{
	const uint64_t wire_ns = 8ull * (FRAME_MAX + PACE_OVERHEAD_DEFAULT_BYTES);
	uint32_t sequence[2] = { 1, 1 };
	uint64_t at_ns = 0;

	state = 1;
	at_ns = gaps_tell(sink, at_ns, 3 * wire_ns);
	for (uint32_t i = 0; i < FRAMES; i++) {
		uint32_t flow = i % 3 == 2, bytes;
		uint64_t gap_ns = random_below(&state, 50) ? 8 * wire_ns / 3 : wire_ns + random_below(&state, 99);

		if (random_below(&state, 500) == 0)
			sequence[flow] -= 1460;
		bytes = segment_put(flow, sequence[flow], false);
		frame_tell(sink, at_ns, bytes, SCOPE_OUT);
		sequence[flow] += 1460;
		if (i % 2) {
			bytes = segment_put(flow, sequence[flow], true);
			frame_tell(sink, at_ns + wire_ns, bytes, SCOPE_IN);
		}
		if (i % 5 == 0) {
			gap_put();
			frame_tell(sink, at_ns + wire_ns, 60, SCOPE_IN);
		}
		gaps_tell(sink, at_ns + wire_ns, at_ns + gap_ns);
		at_ns += gap_ns;
	}
	gaps_tell(sink, at_ns, at_ns + 100 * wire_ns);
}

/* ---- the same of both ---- */

/* Without the two counts, of which *ret has the sum. */
static char *figures_of(json_t *json, struct scope_mac_control *ret)
{
	json_t *directions = json_object_get(json, "directions"), *one;
	char *text;
	size_t i;

	*ret = (struct scope_mac_control){ 0 };
	json_array_foreach(directions, i, one) {
		ret->frames += (uint64_t)json_integer_value(
				json_object_get(one, "mac_control_frames"));
		ret->wire_bytes += (uint64_t)json_integer_value(
				json_object_get(one, "mac_control_wire_bytes"));
		json_object_del(one, "mac_control_frames");
		json_object_del(one, "mac_control_wire_bytes");
	}
	text = json_dumps(json, JSON_COMPACT);
	json_decref(json);
	return text;
}

static char *printed(const struct scope *scope, bool is_page)
{
	const struct scope_report report = {
		.scopes = &scope, .count = 1, .top_flows = 8,
	};
	size_t size = 0;
	char *text = NULL;
	FILE *out = open_memstream(&text, &size);

	if (is_page)
		scope_report_print(&report, out);
	else
		out_scope(out, scope);
	fclose(out);
	return text;
}

/* Take out what is said of MAC control, from @begin up to the end of its line. */
static uint32_t words_cut(char *text, const char *begin)
{
	uint32_t count = 0;
	char *at, *end;

	while ((at = strstr(text, begin))) {
		end = strchr(at, '\n');
		memmove(at, end + 1, strlen(end + 1) + 1);
		count++;
	}
	return count;
}

static void same_check(const struct scope *with, const struct scope *without,
		       const struct sink *sink, const char *name)
{
	struct scope_mac_control found, none;
	uint32_t lanes = 0, told = 0;
	char *one, *other, claim[128];

	for (uint32_t i = 0; i < SCOPE_DIRECTIONS; i++) {
		lanes += sink->sums[i].frames != 0;
		told += with->lane[i].mac_control.frames == sink->sums[i].frames &&
			with->lane[i].mac_control.wire_bytes ==
			sink->sums[i].wire_bytes;
	}
	snprintf(claim, sizeof(claim), "%s: each direction's are counted", name);
	tap_ok(told == SCOPE_DIRECTIONS && lanes &&
	       scope_mac_control_frames(with) > FRAMES, claim);
	one = figures_of(scope_json(with, 8), &found);
	other = figures_of(scope_json(without, 8), &none);
	snprintf(claim, sizeof(claim), "%s: and in JSON", name);
	tap_ok(found.frames == scope_mac_control_frames(with) &&
	       found.wire_bytes > found.frames * 84 && !none.frames &&
	       !none.wire_bytes, claim);
	snprintf(claim, sizeof(claim), "%s: all figures are those without them", name);
	tap_ok(without->pkts == sink->pkts && strlen(one) > 10000 &&
	       !strcmp(one, other), claim);
	free(one);
	free(other);
	for (int is_page = 0; is_page < 2; is_page++) {
		one = printed(with, is_page);
		other = printed(without, is_page);
		snprintf(claim, sizeof(claim), "%s: %s says how many, and nothing else of them",
			 name, is_page ? "the page" : "text");
		tap_ok(!strstr(other, "MAC control") &&
		       words_cut(one, is_page ? "<dt>MAC control" :
					        "  MAC control  ") ==
		       (is_page ? 1 : lanes) && !strcmp(one, other), claim);
		free(one);
		free(other);
	}
}

/* ---- as a capture ---- */

static void capture_begin(struct sink *sink)
{
	const struct scope_vantage vantage = {
		.name = "qdisc:eth0", .line_rate_bits_ps = GBIT,
	};

	sink->bytes = scope_pcapng_section(sink->capture, "gaps are filled");
	for (int i = 0; i < 2; i++)
		sink->bytes += scope_pcapng_interface(sink->capture + sink->bytes,
						      SLUICE_LINKTYPE_ETHERNET,
						      SNAP, &vantage);
}

static struct scope_mac_control told[SCOPE_DIRECTIONS];
static uint64_t told_pkts, calls;

static void packet_tell(const struct scope_packet *packet, bool is_last, void *data)
{
	(void)is_last;
	(void)data;
	if (packet->is_mac_control)
		abort();
	told_pkts++;
}

static void mac_control_tell(const struct scope_mac_control sums[SCOPE_DIRECTIONS],
			     void *data)
{
	(void)data;
	memcpy(told, sums, sizeof(told));
	calls++;
}

static void capture_read(const struct sink *sink, bool is_for_other,
			 struct scope_file_result *result)
{
	struct scope_file_config config = {
		.path = { "capture" }, .files = 1, .line_rate_bits_ps = GBIT,
		.scope = { .bottleneck_bits_ps = GBIT / 2,
			   .commanded_bits_ps = GBIT / 4 },
		.receive = is_for_other ? packet_tell : NULL,
		.mac_control = is_for_other ? mac_control_tell : NULL,
	};

	config.fd[0] = memfd_create("capture", MFD_CLOEXEC);
	if (config.fd[0] < 0 ||
	    write(config.fd[0], sink->capture, sink->bytes) != (ssize_t)sink->bytes ||
	    lseek(config.fd[0], 0, SEEK_SET) ||
	    scope_files_read(&config, result))
		abort();
}

/* @received_pkts: what its interfaces say that they received; 0: nothing. */
static void capture_make(struct sink *sink, bool has_directions, bool has_gaps,
			 uint64_t received_pkts)
{
	const uint64_t none = 0;

	memset(sink->sums, 0, sizeof(sink->sums));
	sink->pkts = 0;
	sink->has_directions = has_directions;
	sink->has_gaps = has_gaps;
	capture_begin(sink);
	traffic_tell(sink);
	if (received_pkts)
		sink->bytes += scope_pcapng_statistics(sink->capture + sink->bytes,
						       0, START_NS, received_pkts,
						       &none, "");
}

static void test_capture(struct sink *sink)
{
	static struct scope_file_result with, without;

	for (int has_directions = 0; has_directions < 2; has_directions++) {
		capture_make(sink, has_directions, false, 0);
		capture_read(sink, false, &without);
		capture_make(sink, has_directions, true, 0);
		capture_read(sink, false, &with);
		same_check(&with.scope[0], &without.scope[0], sink,
			   has_directions ? "capture with directions" : "capture");
		scope_files_done(&with);
		scope_files_done(&without);
	}
	capture_read(sink, true, &with);
	tap_ok(told_pkts == sink->pkts && calls > 10 &&
	       !memcmp(told, sink->sums, sizeof(told)),
	       "capture for another process: packets are handed over, and the counts are told");
	scope_files_done(&with);
	capture_make(sink, true, true, 2 * FRAMES);
	capture_make(sink, true, true,
		     sink->pkts + sink->sums[1].frames + sink->sums[2].frames);
	capture_read(sink, false, &with);
	tap_u64(with.scope[0].left_out_pkts, 0,
		"what an interface received and is MAC control is not left out of the file");
	scope_files_done(&with);
}

/* ---- packet by packet ---- */

static void scope_begin(struct scope *scope)
{
	const struct scope_config config = {
		.vantage = { .name = "test", .resolution_ns = 1,
			     .uncertainty_ns = 1, .line_rate_bits_ps = GBIT },
		.commanded_bits_ps = GBIT / 4,
	};

	scope_init(scope, &config);
}

static void test_packets(struct sink *sink)
{
	static struct scope with, without;
	struct sink one = { .scope = &without, .has_directions = true };

	scope_begin(&without);
	traffic_tell(&one);
	scope_finish(&without);
	*sink = (struct sink){ .scope = &with, .has_directions = true,
			       .has_gaps = true };
	scope_begin(&with);
	traffic_tell(sink);
	scope_finish(&with);
	same_check(&with, &without, sink, "packet by packet");
	scope_done(&with);
	scope_done(&without);
}

/* Nothing else came: there is no span, no rate, and no direction that has a figure. */
static void test_alone(void)
{
	struct sink sink = { .has_directions = true, .has_gaps = true };
	static struct scope scope;
	json_t *json, *lane;
	char *text;

	sink.scope = &scope;
	scope_begin(&scope);
	gaps_tell(&sink, 0, 1000000);
	scope_finish(&scope);
	json = scope_json(&scope, 8);
	lane = json_array_get(json_object_get(json, "directions"), 0);
	tap_ok(!scope.pkts && json_is_null(json_object_get(json, "start_real_ns")) &&
	       json_object_size(lane) == 3 &&
	       json_integer_value(json_object_get(lane, "mac_control_frames")) ==
	       (json_int_t)sink.sums[SCOPE_OUT].frames,
	       "alone: counted, and nothing else is known of the direction");
	json_decref(json);
	text = printed(&scope, false);
	tap_text(text, "\nout: no packets\n  MAC control ", "alone: text says so");
	free(text);
	text = printed(&scope, true);
	tap_text(text, "<dt>MAC control</dt><dd>out: ", "alone: so does the page");
	free(text);
	scope_done(&scope);
}

/* ---- what stands beside the figures ---- */

static void test_trigger(void)
{
	const struct scope_trigger trigger = { .burst_bytes = 20000 };
	const struct scope_flow_event event = { .number = UINT32_MAX };
	struct scope_packet packet = { .time_ns = START_NS, .bytes = FRAME_MAX,
				       .is_mac_control = true };
	struct scope_trigger_run run = { 0 };
	bool has_fired = false;

	for (uint32_t i = 0; i < 80; i++)
		has_fired |= scope_trigger_take(&trigger, &run, &packet,
						FRAME_MAX + 24, &event) != NULL;
	tap_ok(!has_fired, "trigger: gap frames are no burst");
	packet.is_mac_control = false;
	for (uint32_t i = 0; i < 14; i++)
		has_fired |= scope_trigger_take(&trigger, &run, &packet,
						FRAME_MAX + 24, &event) != NULL;
	tap_ok(has_fired, "trigger: as much of others is one");
}

/* Each slot of a view has those that came in it; lanes without and with "out" share theirs. */
static void test_slots(void)
{
	static struct scope_slots slots[2];
	static struct scope scope;
	struct scope_slot sum;
	uint64_t end = 0;

	scope_begin(&scope);
	for (uint64_t i = 0; i < 8; i++) {
		struct sink sink = { .scope = &scope, .has_directions = i % 2,
				     .has_gaps = true };
		uint64_t at_ns = i * SCOPE_SLOT_NS;

		frame_tell(&sink, at_ns, segment_put(0, 1, false), SCOPE_OUT);
		gap_put();
		for (uint32_t k = 0; k <= i; k++)
			frame_tell(&sink, at_ns, 60, k == 3 ? SCOPE_IN : SCOPE_OUT);
		end = scope_slots_turn(slots, &scope, end, START_NS + at_ns +
				       SCOPE_SLOT_NS + SCOPE_SLOT_LAG_NS + 1);
	}
	tap_u64(end, 8, "view: eight slots");
	scope_slots_sum(&slots[0], 6, 1, &sum);
	tap_ok(sum.mac_control.frames == 5 && sum.mac_control.wire_bytes == 5 * 84,
	       "view: five in the sixth, of what leaves");
	scope_slots_sum(&slots[0], end, end, &sum);
	tap_u64(sum.mac_control.frames, 36 - 3, "view: all of them in all");
	scope_slots_sum(&slots[1], end, end, &sum);
	tap_u64(sum.mac_control.frames, 3, "view: those received apart");
	scope_done(&scope);
}

int main(void)
{
	struct sink sink = { .capture = malloc(CAPTURE_MAX) };

	test_frames();
	test_capture(&sink);
	free(sink.capture);
	test_packets(&sink);
	test_alone();
	test_trigger();
	test_slots();
	return tap_done();
}
